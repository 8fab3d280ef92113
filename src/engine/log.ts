// The engine's own log: a file in the data root, cut at a size, since nobody rotates it.
import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'

export interface EngineLog {
  write(line: string): void
  /** The last part, for `engine logs`. */
  recent(): string
}

const largest = 4 * 1024 * 1024

export function openLog(path: string): EngineLog {
  const cut = () => {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(path, `${path}.1`)
  }
  cut()
  let lines = 0
  return {
    write(line) {
      try {
        if (++lines % 1000 === 0) cut()
        appendFileSync(path, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
      } catch {
        // A full disk must not end the engine.
      }
    },
    recent() {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return ''
      }
    },
  }
}
