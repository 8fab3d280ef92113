// A program on a terminal of its own, made by script(1), and what its user sees there.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import xterm from '@xterm/headless'

export interface Pty {
  /** All that was written, control sequences included. */
  output(): string
  /** The lines of the screen and of what was scrolled off it, without trailing blanks. */
  screen(): Promise<string[]>
  type(keys: string): void
  resize(columns: number, rows: number): void
  /** Whether keys come raw: the program has taken the terminal. */
  isRaw(): boolean
  /** Takes the terminal away; who still uses it gets SIGHUP. */
  hangUp(): void
  /** The exit code, when all output is there. */
  ended: Promise<number | null>
}

export interface PtyOptions {
  cwd: string
  env: NodeJS.ProcessEnv
}

/** `command`: a line for sh(1). The terminal has 100 columns and 30 rows. */
export function openPty(command: string, { cwd, env }: PtyOptions): Pty {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-pty-'))
  const name = join(folder, 'name')
  const child = spawn('script', ['-qec', `stty cols 100 rows 30; tty >${name}; ${command}`, '/dev/null'], {
    cwd,
    env: { ...env, SHELL: '/bin/sh' },
    stdio: 'pipe',
  })
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
    // The file is there before its content.
    isRaw: () => existsSync(name) && readFileSync(name, 'utf8').endsWith('\n') && / -icanon/.test(stty('-a')),
    hangUp: () => void child.kill('SIGKILL'),
    ended: once(child, 'close').then(([code]) => {
      rmSync(folder, { recursive: true })
      return code
    }),
  }
}
