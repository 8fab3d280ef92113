// Who waits for a container's end, and for which kind of end.

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

/** A start that failed is no exit: only who waits for that start is told. */
type Moment = WaitCondition | 'failed-start'

export interface Waiters {
  /** Resolves with the exit code at the next event of that kind; 'failed-start' also when there can be none any more. */
  wait(id: string, condition: Moment): Promise<number>
  exited(id: string, exitCode: number): void
  failed(id: string, exitCode: number): void
  removed(id: string, exitCode: number): void
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, { condition: Moment; resolve: (exitCode: number) => void }[]>()
  const settle = (id: string, exitCode: number, matches: (condition: Moment) => boolean) => {
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
    failed: (id, exitCode) => settle(id, exitCode, condition => condition === 'failed-start'),
    removed: (id, exitCode) => settle(id, exitCode, () => true),
  }
}
