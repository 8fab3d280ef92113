// Runs a program to its end; its messages go to the reader.
import { spawn } from 'node:child_process'
import { ComposeError } from '../src/shared/errors.ts'

export function runProgram(file: string, args: readonly string[], env = process.env): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
    child.on('error', cause =>
      reject(new ComposeError('failed_precondition', `${file} can't be run`, { hint: 'sh scripts/setup.sh', cause })),
    )
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new ComposeError('unavailable', `${file} ended with ${signal ?? code}`))
    })
  })
}
