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

export interface KeyedTurns {
  /** `signal` ends the waiting, not the work: that ends when it does. */
  run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** One queue per key: work on one thing is done one after the other, work on different things at once. */
export function createKeyedTurns(): KeyedTurns {
  const last = new Map<string, Promise<unknown>>()
  const turns: KeyedTurns = {
    run(key, work, signal) {
      if (signal) return whileWanted(signal, begun => turns.run(key, () => begun().then(work)))
      const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
      last.set(key, turn)
      const forget = () => {
        if (last.get(key) === turn) last.delete(key)
      }
      turn.then(forget, forget)
      return turn
    },
  }
  return turns
}

/** `queue` calls what it is given when it is its turn. */
function whileWanted<T>(signal: AbortSignal, queue: (begun: () => Promise<void>) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    const begun = async () => {
      signal.removeEventListener('abort', leave)
      signal.throwIfAborted()
    }
    queue(begun).then(resolve, reject)
  })
}
