// Lines of several containers on one screen: aligned prefixes, a colour for each container.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Palette } from './palette.ts'

export interface LogPrinterOptions {
  stdout: Writable
  stderr: Writable
  palette: Palette
  prefix: boolean
}

export interface LogPrinter {
  /** Makes room for a name before its first line. */
  announce(name: string): void
  line(name: string, line: string, stream?: 'stdout' | 'stderr'): void
  exit(name: string, exitCode: number, restarting: boolean): void
  /** What the tool itself has to say. */
  note(text: string): void
  /** From now on lines of stdout are gathered until `flush`: a call for each of a million costs more than the lines. */
  gather(): void
  /** Writes what was gathered; waits where the reader is behind, since all that it has not taken is held in memory. */
  flush(): Promise<void>
}

export function logPrinter({ stdout, stderr, palette, prefix }: LogPrinterOptions): LogPrinter {
  const placeOf = new Map<string, number>()
  let width = 0
  let gathered: string[] | undefined
  const announce = (name: string) => {
    if (!placeOf.has(name)) placeOf.set(name, placeOf.size)
    width = Math.max(width, name.length)
  }
  const coloured = (name: string, text: string) => palette.container(placeOf.get(name) ?? 0, text)
  return {
    announce,
    line(name, line, stream = 'stdout') {
      announce(name)
      const head = `${name.padEnd(width)}  | `
      const shown = prefix ? coloured(name, head) : ''
      const target = stream === 'stderr' ? stderr : stdout
      const text = `${shown}${line}\n`
      if (gathered && target === stdout) gathered.push(text)
      else target.write(text)
    },
    exit(name, exitCode, restarting) {
      const text = `${name} exited with code ${exitCode}${restarting ? ' (restarting)' : ''}`
      // Over what the terminal may show of a key that was typed.
      stdout.write(`\r\x1b[K${coloured(name, text)}\n`)
    },
    note(text) {
      stdout.write(`${prefix ? palette.note(`${' '.repeat(width)}  ⦿ `) : ''}${text}\n`)
    },
    gather() {
      gathered = []
    },
    async flush() {
      if (!gathered || gathered.length === 0) return
      const text = gathered.join('')
      gathered = []
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
  }
}
