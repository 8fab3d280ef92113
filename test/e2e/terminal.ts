// tsc-compose with a terminal of its own.
import { openPty, type Pty } from '../pty.ts'
import type { Stack } from './stack.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname

export function onTerminal(s: Stack, ...args: string[]): Pty {
  return openPty(`exec ${[process.execPath, entry, ...args].join(' ')}`, { cwd: s.cwd, env: s.env })
}
