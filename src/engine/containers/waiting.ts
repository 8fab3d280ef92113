// Who waits for a container's end, and for which kind of end.

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

export interface Waiters {
  /** Resolves with the exit code at the next event of that kind. */
  wait(id: string, condition: WaitCondition): Promise<number>
  exited(id: string, exitCode: number): void
  removed(id: string, exitCode: number): void
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, { condition: WaitCondition; resolve: (exitCode: number) => void }[]>()
  const settle = (id: string, exitCode: number, matches: (condition: WaitCondition) => boolean) => {
    const all = waiting.get(id) ?? []
    const rest = all.filter(({ condition }) => !matches(condition))
    if (rest.length > 0) waiting.set(id, rest)
    else waiting.delete(id)
    for (const { condition, resolve } of all) if (matches(condition)) resolve(exitCode)
  }
  return {
    wait: (id, condition) =>
      new Promise(resolve => {
        waiting.set(id, [...(waiting.get(id) ?? []), { condition, resolve }])
      }),
    exited: (id, exitCode) => settle(id, exitCode, condition => condition !== 'removed'),
    removed: (id, exitCode) => settle(id, exitCode, () => true),
  }
}
