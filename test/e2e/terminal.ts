// tsc-compose with a terminal of its own, made by script(1), and what its user sees there.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import xterm from '@xterm/headless'
import type { Stack } from './stack.ts'

export interface OnTerminal {
  /** All that was written, control sequences included. */
  output(): string
  /** The lines of the screen and of what was scrolled off it, without trailing blanks. */
  screen(): Promise<string[]>
  type(keys: string): void
  resize(columns: number, rows: number): void
  /** Whether keys come raw: the program has taken the terminal. */
  isRaw(): boolean
  ended: Promise<number | null>
}

export function onTerminal(s: Stack, ...args: string[]): OnTerminal {
  const entry = new URL('../../bin/run.js', import.meta.url).pathname
  const name = join(s.root, 'terminal')
  const command = `stty cols 100 rows 30; tty >${name}; exec ${[process.execPath, entry, ...args].join(' ')}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: s.cwd, env: s.env, stdio: 'pipe' })
  const terminal = new xterm.Terminal({ cols: 100, rows: 30, scrollback: 1000, allowProposedApi: true })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    terminal.write(text)
  })
  const stty = (...words: string[]) =>
    execFileSync('stty', ['-F', readFileSync(name, 'utf8').trim(), ...words], { encoding: 'utf8' })
  return {
    output: () => output,
    async screen() {
      await new Promise<void>(resolve => terminal.write('', resolve))
      const { buffer } = terminal
      const lines = Array.from({ length: buffer.active.length }, (_, index) =>
        (buffer.active.getLine(index)?.translateToString(true) ?? '').trimEnd(),
      )
      return lines.slice(0, lines.findLastIndex(line => line !== '') + 1)
    },
    type: keys => void child.stdin.write(keys),
    resize(columns, rows) {
      terminal.resize(columns, rows)
      stty('cols', String(columns), 'rows', String(rows))
    },
    isRaw: () => existsSync(name) && / -icanon/.test(stty('-a')),
    ended: once(child, 'close').then(([code]) => code),
  }
}
