// Taking turns: at most so many at once, in the order of asking.

export interface Turns {
  /** Runs `work` when it is its turn. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = []
  let busy = 0
  return {
    async run(work) {
      // Whoever ends hands its place on, so `busy` does not change between two users of it.
      if (busy < atOnce) busy++
      else await new Promise<void>(resolve => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else busy--
      }
    },
  }
}

/** One queue per key: work on one thing is done one after the other, work on different things at once. */
export function createKeyedTurns(): { run<T>(key: string, work: () => Promise<T>): Promise<T> } {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
      last.set(key, turn)
      const forget = () => {
        if (last.get(key) === turn) last.delete(key)
      }
      turn.then(forget, forget)
      return turn
    },
  }
}
