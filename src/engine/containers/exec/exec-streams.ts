// A program that the runtime executes in a container: its streams, and its exit code or why it did not run. The
// runtime's pid file tells whose words the streams carry.
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Duplex, PassThrough, type Readable } from 'node:stream'
import type { Own } from '../../../docker/protocol/own-names.ts'
import type { ExecConfig } from '../../../docker/protocol/types.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { openTerminal, type Terminal } from '../logs/terminals.ts'

/** What is to be run, and how. */
export type Program = Own<ExecConfig>

export interface RunningExec {
  stdin: { write(chunk: Buffer): void; end(): void } | undefined
  /** One stream with a terminal, else two. */
  outputs: { stream: 'stdout' | 'stderr'; source: Readable }[]
  /** What the runtime says instead of running the program; known once `exited` has resolved. */
  exited: Promise<{ exitCode: number; complaint: string | undefined }>
  resize(rows: number, columns: number): void
  /** Ends the program with everything it started. */
  kill(): void
}

export interface ExecStart {
  runtime: Runtime
  argv: string[]
  program: Program
  /** Where the runtime writes the program's pid. */
  pidFile: string
  cleanUp: () => void
}

export function withPipes({ runtime, argv, program, pidFile, cleanUp }: ExecStart): RunningExec {
  const child = runtime.spawn(argv, [program.attachStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'])
  const { stdin, stdout, stderr } = child
  stdin?.on('error', () => {})
  const held = stderr ? holdBack(stderr, pidFile) : undefined
  return {
    stdin: stdin ? { write: chunk => stdin.write(chunk), end: () => stdin.end() } : undefined,
    outputs: [
      ...(stdout ? [{ stream: 'stdout' as const, source: stdout }] : []),
      ...(held ? [{ stream: 'stderr' as const, source: held.output }] : []),
    ],
    exited: ended(child, cleanUp, pidFile, async ran => (await held?.settle(ran)) ?? '', program.cmd?.[0] ?? ''),
    resize: () => {},
    kill: () => killTree(pidFile, child),
  }
}

export function withTerminal({ runtime, argv, program, pidFile, cleanUp }: ExecStart): RunningExec {
  const terminal: Terminal = openTerminal()
  const [rows = 24, columns = 80] = program.consoleSize ?? []
  terminal.resize(rows, columns)
  const child = runtime.spawn(argv, [terminal.slave, terminal.slave, terminal.slave])
  terminal.release()
  const stream: Duplex = terminal.stream
  // EIO says that the last user of the other end has gone: an end like any other.
  stream.on('error', () => stream.push(null))
  return {
    stdin: program.attachStdin ? { write: chunk => stream.write(chunk), end: () => {} } : undefined,
    outputs: [{ stream: 'stdout', source: stream }],
    exited: ended(child, cleanUp, pidFile, async () => '', program.cmd?.[0] ?? ''),
    resize(newRows, newColumns) {
      terminal.resize(newRows, newColumns)
      child.kill('SIGWINCH')
    },
    kill: () => killTree(pidFile, child),
  }
}

interface HeldBack {
  output: Readable
  /** To be told, at the runtime's end, whether the program ran; if not, what was held back is the runtime's. */
  settle(ran: boolean): Promise<string>
}

/**
 * Passes a stream on once the program runs. What comes before may be the runtime's own complaint, which is told in
 * Docker's words instead, or the program's: runc writes the pid after the program's start.
 */
function holdBack(source: Readable, pidFile: string): HeldBack {
  const output = new PassThrough()
  let held: Buffer[] = []
  let running = false
  const open = () => {
    running = true
    for (const chunk of held) output.write(chunk)
    held = []
  }
  source.on('data', (chunk: Buffer) => {
    if (!running && existsWithPid(pidFile)) open()
    if (!running) held.push(chunk)
    else if (!output.write(chunk)) {
      source.pause()
      output.once('drain', () => source.resume())
    }
  })
  const drained = new Promise<void>(resolve => source.once('end', resolve).once('close', resolve))
  return {
    output,
    async settle(ran) {
      if (ran) {
        open()
        void drained.then(() => output.end())
        return ''
      }
      await drained
      output.end()
      return Buffer.concat(held).toString('utf8')
    },
  }
}

function ended(
  child: ChildProcess,
  cleanUp: () => void,
  pidFile: string,
  settle: HeldBack['settle'],
  command: string,
): RunningExec['exited'] {
  return new Promise(resolve => {
    // It could not be started: there is no exit then.
    child.once('error', error => {
      cleanUp()
      resolve({ exitCode: 126, complaint: error.message })
    })
    child.once('exit', async (code, signal) => {
      // The pid file is written once the program runs: without it the runtime speaks.
      const ran = existsWithPid(pidFile)
      cleanUp()
      const complaint = await settle(ran)
      if (ran) resolve({ exitCode: code ?? (signal ? 137 : 255), complaint: undefined })
      else resolve(startFailure(complaint, command))
    })
  })
}

/** Docker's sentence around the reason, which scripts look for. */
function startFailure(complaint: string, command: string): { exitCode: number; complaint: string } {
  const missing = /not found|no such file/i.test(complaint)
  const reason = /executable file .* not found/.test(complaint)
    ? `exec: "${command}": executable file not found in $PATH`
    : complaint.trim().replace(/^.*?level=error\s*/s, '')
  return {
    exitCode: missing ? 127 : 126,
    complaint: `OCI runtime exec failed: exec failed: unable to start container process: ${reason}: unknown`,
  }
}

function existsWithPid(pidFile: string): boolean {
  return pidIn(pidFile) !== undefined
}

function pidIn(pidFile: string): number | undefined {
  try {
    return Number(readFileSync(pidFile, 'utf8').trim()) || undefined
  } catch {
    return undefined
  }
}

/** Killing the runtime's process would leave the program alone: it goes with all its children. */
function killTree(pidFile: string, child: ChildProcess): void {
  const pid = pidIn(pidFile)
  if (pid !== undefined) for (const member of descendants(pid)) tryKill(member)
  child.kill('SIGKILL')
}

function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
    return [pid, ...children.flatMap(descendants)]
  } catch {
    return [pid]
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
