// tsc-compose in the background of a scenario, with what it prints.
import { spawn } from 'node:child_process'
import type { Stack } from './stack.ts'

export interface Background {
  output(): string
  kill(signal: NodeJS.Signals): boolean
  /** Reads nothing more, as a program behind a pipe that has ended. */
  leave(): void
  /** The exit code, when all output is there. */
  ended: Promise<number | null>
}

export function started(s: Stack, ...args: string[]): Background {
  const child = spawn(process.execPath, [new URL('../../bin/run.js', import.meta.url).pathname, ...args], {
    cwd: s.cwd,
    env: s.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return {
    output: () => output,
    kill: signal => child.kill(signal),
    leave() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    ended: new Promise<number | null>(resolve => child.on('close', resolve)),
  }
}
