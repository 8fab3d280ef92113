// Lines of several containers on one screen: aligned prefixes, a colour for each container.
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
}

export function logPrinter({ stdout, stderr, palette, prefix }: LogPrinterOptions): LogPrinter {
  const placeOf = new Map<string, number>()
  let width = 0
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
      target.write(`${shown}${line}\n`)
    },
    exit(name, exitCode, restarting) {
      const text = `${name} exited with code ${exitCode}${restarting ? ' (restarting)' : ''}`
      // Over what the terminal may show of a key that was typed.
      stdout.write(`\r\x1b[K${coloured(name, text)}\n`)
    },
    note(text) {
      stdout.write(`${prefix ? palette.note(`${' '.repeat(width)}  ⦿ `) : ''}${text}\n`)
    },
  }
}
