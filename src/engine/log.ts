// The engine's own log: a file in the data root, cut at a size, since nobody rotates it.
import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'

export interface EngineLog {
  write(line: string): void
  /** What is in it, and with `follow` what comes until that signal fires. */
  read(follow?: AbortSignal): AsyncGenerator<Buffer>
}

const largest = 4 * 1024 * 1024

export function openLog(path: string): EngineLog {
  const cut = () => {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(path, `${path}.1`)
  }
  cut()
  let lines = 0
  let { promise: changed, resolve: notify } = Promise.withResolvers<void>()
  return {
    write(line) {
      try {
        if (++lines % 1000 === 0) cut()
        appendFileSync(path, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
        notify()
        ;({ promise: changed, resolve: notify } = Promise.withResolvers<void>())
      } catch {
        // A full disk must not end the engine.
      }
    },
    async *read(follow) {
      let position = 0
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      follow?.addEventListener('abort', () => end(), { once: true })
      for (;;) {
        // Taken before reading, so that nothing written meanwhile is missed.
        const next = changed
        const text = readFileSync(path)
        // A shorter file is a new one: the old one was cut.
        if (text.length < position) position = 0
        if (text.length > position) yield text.subarray(position)
        position = text.length
        if (!follow || follow.aborted) return
        await Promise.race([next, ended])
      }
    },
  }
}
