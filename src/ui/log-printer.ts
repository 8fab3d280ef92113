// Lines of several containers on one screen: aligned prefixes, a colour for each container.
import type { Writable } from 'node:stream'

export interface LogPrinterOptions {
  stdout: Writable
  stderr: Writable
  colour: boolean
  prefix: boolean
}

export interface LogPrinter {
  /** Makes room for a name before its first line. */
  announce(name: string): void
  line(name: string, line: string, stream?: 'stdout' | 'stderr'): void
  exit(name: string, exitCode: number, restarting: boolean): void
}

/** cyan, yellow, green, magenta, blue, then their bright forms: Docker Compose's order. */
const colours = ['36', '33', '32', '35', '34', '96', '93', '92', '95', '94']

export function logPrinter({ stdout, stderr, colour, prefix }: LogPrinterOptions): LogPrinter {
  const colourOf = new Map<string, string>()
  let width = 0
  const announce = (name: string) => {
    if (!colourOf.has(name)) colourOf.set(name, colours[colourOf.size % colours.length] ?? '36')
    width = Math.max(width, name.length)
  }
  return {
    announce,
    line(name, line, stream = 'stdout') {
      announce(name)
      const head = `${name.padEnd(width)}  | `
      const shown = !prefix ? '' : colour ? `\x1b[${colourOf.get(name)}m${head}\x1b[0m` : head
      const target = stream === 'stderr' ? stderr : stdout
      target.write(`${shown}${line}\n`)
    },
    exit(name, exitCode, restarting) {
      const text = `\r\x1b[K${name} exited with code ${exitCode}${restarting ? ' (restarting)' : ''}\n`
      stdout.write(colour ? `\x1b[${colourOf.get(name) ?? '36'}m${text}\x1b[0m` : text)
    },
  }
}
