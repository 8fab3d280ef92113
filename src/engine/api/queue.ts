// Items from where they arise to where they are written.

export interface Queue<T> {
  push(item: T): void
  end(): void
  items(): AsyncGenerator<T>
}

export function createQueue<T>(): Queue<T> {
  const waiting: T[] = []
  let ended = false
  let wake: (() => void) | undefined
  return {
    push(item) {
      waiting.push(item)
      wake?.()
    },
    end() {
      ended = true
      wake?.()
    },
    async *items() {
      for (;;) {
        yield* waiting.splice(0)
        if (ended && waiting.length === 0) return
        if (waiting.length === 0) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    },
  }
}
