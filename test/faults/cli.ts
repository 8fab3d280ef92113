// The CLI as a user runs it, in the faults' project. Each call's words are kept for the report of a failure.
import { type ChildProcess, spawn } from 'node:child_process'

const project = new URL('../..', import.meta.url).pathname
const folder = new URL('testdata', import.meta.url).pathname
const deadline = 60_000

export interface Ended {
  /** -1 when it was killed. */
  code: number
  stdout: string
  stderr: string
}

export interface Call {
  child: ChildProcess
  ended: Promise<Ended>
}

export interface Cli {
  start(...args: string[]): Call
  /** Fails unless the exit code is 0; answers with what was printed. */
  ok(...args: string[]): Promise<string>
  transcript(): string
  forget(): void
}

export function createCli(env: NodeJS.ProcessEnv): Cli {
  let said: string[] = []
  const cli: Cli = {
    start(...args) {
      const child = spawn(process.execPath, [`${project}bin/run.js`, ...args], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const output = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
          output[stream] += chunk
        })
      const timer = setTimeout(() => {
        output.stderr += `\n[not ended after ${deadline / 1000} s]`
        child.kill('SIGKILL')
      }, deadline)
      const ended = new Promise<Ended>(resolve =>
        child.once('close', code => {
          clearTimeout(timer)
          said.push(`$ tsc-compose ${args.join(' ')}\n${output.stdout}${output.stderr}exit: ${code ?? 'killed'}`)
          resolve({ code: code ?? -1, ...output })
        }),
      )
      return { child, ended }
    },
    async ok(...args) {
      const { code, stdout, stderr } = await cli.start(...args).ended
      if (code !== 0) throw new Error(`tsc-compose ${args.join(' ')} ended with ${code}: ${stderr}`)
      return stdout
    },
    transcript: () => said.join('\n'),
    forget: () => {
      said = []
    },
  }
  return cli
}
