// Programs run in a running container: exec, health checks. Each is a child of the engine through the runtime, so
// its streams and its exit code come directly.
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Duplex, PassThrough, type Readable } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import type { ExecConfig } from '../api/types.ts'
import { createSubgroup, leftSubgroups, type Subgroup } from '../kernel/subgroups.ts'
import { containerCapabilities } from '../runtime/capabilities.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { environment, resourceLimits } from './containerSpec.ts'
import { type ContainerRecord, isRunning } from './record.ts'
import { securityOptions, selinuxLabel } from './securityOptions.ts'
import { openTerminal, type Terminal } from './terminals.ts'
import { resolveUser } from './users.ts'

export interface ExecRecord {
  id: string
  containerId: string
  config: ExecConfig
  running: boolean
  exitCode: number | undefined
  pid: number
}

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

export interface Execs {
  create(record: ContainerRecord, config: ExecConfig): ExecRecord
  get(id: string): ExecRecord
  start(id: string): RunningExec
  resize(id: string, rows: number, columns: number): void
  of(containerId: string): string[]
  /** Forgets the programs of a container that has gone. */
  forget(containerId: string): void
  /** Runs without an API record. */
  run(record: ContainerRecord, config: ExecConfig): RunningExec
  /** Runs in a control group of its own, so that kill() reaches all that the program started. */
  probe(record: ContainerRecord, config: ExecConfig): RunningExec
  /** Ends what probes of an earlier engine left. */
  endProbes(record: ContainerRecord): Promise<void>
}

export interface ExecsOptions {
  runtimeNamed: (name: string) => Runtime
  folderOf: (record: ContainerRecord) => string
  cgroupOf: (record: ContainerRecord) => string
  containerOf: (id: string) => ContainerRecord
  onEvent: (record: ContainerRecord, action: string, attributes: Record<string, string>) => void
}

export function createExecs({ runtimeNamed, folderOf, cgroupOf, containerOf, onEvent }: ExecsOptions): Execs {
  const records = new Map<string, ExecRecord>()
  const running = new Map<string, RunningExec>()
  const execs: Execs = {
    create(record, config) {
      requireRunning(record)
      if (!config.Cmd?.length) throw new ComposeError('invalid_argument', 'No exec command specified')
      const id = randomBytes(32).toString('hex')
      const exec: ExecRecord = { id, containerId: record.id, config, running: false, exitCode: undefined, pid: 0 }
      records.set(id, exec)
      onEvent(record, `exec_create: ${config.Cmd.join(' ')}`, { execID: id })
      return exec
    },
    get(id) {
      const exec = records.get(id)
      if (!exec) throw new ComposeError('not_found', `No such exec instance: ${id}`)
      return exec
    },
    start(id) {
      const exec = execs.get(id)
      const record = containerOf(exec.containerId)
      requireRunning(record)
      if (exec.running || exec.exitCode !== undefined)
        throw new ComposeError('conflict', `exec ${id} has already been started`)
      const started = execs.run(record, exec.config)
      exec.running = true
      running.set(id, started)
      onEvent(record, `exec_start: ${exec.config.Cmd?.join(' ')}`, { execID: id })
      started.exited = started.exited.then(result => {
        exec.running = false
        exec.exitCode = result.exitCode
        running.delete(id)
        onEvent(record, 'exec_die', { execID: id, exitCode: String(result.exitCode) })
        return result
      })
      return started
    },
    resize: (id, rows, columns) => running.get(execs.get(id).id)?.resize(rows, columns),
    of: containerId =>
      [...records.values()].filter(exec => exec.containerId === containerId && exec.running).map(({ id }) => id),
    forget(containerId) {
      for (const [id, exec] of records) if (exec.containerId === containerId) records.delete(id)
    },
    run: (record, config) => launch(record, config, false),
    probe: (record, config) => launch(record, config, true),
    async endProbes(record) {
      for (const group of leftSubgroups(cgroupOf(record))) {
        group.kill()
        await group.release()
      }
    },
  }
  return execs

  function launch(record: ContainerRecord, config: ExecConfig, contained: boolean): RunningExec {
    requireRunning(record)
    const name = randomBytes(6).toString('hex')
    const [processFile, pidFile] = ['json', 'pid'].map(end => join(folderOf(record), `exec-${name}.${end}`)) as [
      string,
      string,
    ]
    writeFileSync(processFile, JSON.stringify(processOf(record, config)), { mode: 0o600 })
    const group = contained ? createSubgroup(cgroupOf(record), name) : undefined
    const runtime = withScore(runtimeNamed(record.runtime), record.hostConfig.OomScoreAdj)
    const argv = [
      'exec',
      '--process',
      processFile,
      '--pid-file',
      pidFile,
      ...(config.Tty ? ['--tty'] : []),
      ...(group ? ['--cgroup', group.name] : []),
      record.id,
    ]
    const cleanUp = () => {
      rmSync(processFile, { force: true })
      rmSync(pidFile, { force: true })
      void group?.release()
    }
    const started = config.Tty
      ? withTerminal(runtime, argv, config, pidFile, cleanUp)
      : withPipes(runtime, argv, config, pidFile, cleanUp)
    return group ? { ...started, kill: () => killAll(started, group) } : started
  }
}

const ownScore = '/proc/self/oom_score_adj'

/** crun leaves out the score of a program that it executes. The score is inherited, so the engine has it for a moment. */
function withScore(runtime: Runtime, score: number | undefined): Runtime {
  if (!score) return runtime
  return {
    ...runtime,
    spawn(args, stdio) {
      const before = readFileSync(ownScore, 'utf8')
      writeFileSync(ownScore, String(score))
      try {
        return runtime.spawn(args, stdio)
      } finally {
        writeFileSync(ownScore, before)
      }
    },
  }
}

/** First the runtime, which can put nothing more into the group then. */
function killAll(started: RunningExec, group: Subgroup): void {
  started.kill()
  group.kill()
}

function requireRunning(record: ContainerRecord): void {
  if (record.state.status === 'paused')
    throw new ComposeError('conflict', `Container ${record.name} is paused, unpause the container before exec`)
  if (!isRunning(record)) throw new ComposeError('conflict', `container ${record.id} is not running`)
}

function withPipes(
  runtime: Runtime,
  argv: string[],
  config: ExecConfig,
  pidFile: string,
  cleanUp: () => void,
): RunningExec {
  const child = runtime.spawn(argv, [config.AttachStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'])
  const { stdin, stdout, stderr } = child
  stdin?.on('error', () => {})
  const held = stderr ? holdBack(stderr, pidFile) : undefined
  return {
    stdin: stdin ? { write: chunk => stdin.write(chunk), end: () => stdin.end() } : undefined,
    outputs: [
      ...(stdout ? [{ stream: 'stdout' as const, source: stdout }] : []),
      ...(held ? [{ stream: 'stderr' as const, source: held.output }] : []),
    ],
    exited: ended(child, cleanUp, pidFile, async ran => (await held?.settle(ran)) ?? '', config.Cmd?.[0] ?? ''),
    resize: () => {},
    kill: () => killTree(pidFile, child),
  }
}

function withTerminal(
  runtime: Runtime,
  argv: string[],
  config: ExecConfig,
  pidFile: string,
  cleanUp: () => void,
): RunningExec {
  const terminal: Terminal = openTerminal()
  const [rows = 24, columns = 80] = config.ConsoleSize ?? []
  terminal.resize(rows, columns)
  const child = runtime.spawn(argv, [terminal.slave, terminal.slave, terminal.slave])
  terminal.release()
  const stream: Duplex = terminal.stream
  // EIO says that the last user of the other end has gone: an end like any other.
  stream.on('error', () => stream.push(null))
  return {
    stdin: config.AttachStdin ? { write: chunk => stream.write(chunk), end: () => {} } : undefined,
    outputs: [{ stream: 'stdout', source: stream }],
    exited: ended(child, cleanUp, pidFile, async () => '', config.Cmd?.[0] ?? ''),
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
    child.once('error', error => resolve({ exitCode: 126, complaint: error.message }))
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

/** The process section of the OCI spec for a program in a running container. */
function processOf(record: ContainerRecord, config: ExecConfig): Record<string, unknown> {
  const root = `/proc/${record.state.pid}/root`
  const { home, ...user } = resolveUser(root, config.User || record.config.User || '', record.hostConfig.GroupAdd ?? [])
  const privileged = config.Privileged || (record.hostConfig.Privileged ?? false)
  const { CapAdd = [], CapDrop = [], SecurityOpt = [], OomScoreAdj } = record.hostConfig
  const capabilities = containerCapabilities({ privileged, add: CapAdd, drop: CapDrop })
  const effective = user.uid === 0 ? capabilities : []
  const security = securityOptions(SecurityOpt)
  const label = selinuxLabel(security.label)
  const env = [...(record.config.Env ?? []), ...(config.Env ?? [])]
  return {
    terminal: config.Tty ?? false,
    user,
    args: config.Cmd,
    env: environment(env, { home, hostname: record.config.Hostname ?? '', terminal: config.Tty ?? false }),
    cwd: config.WorkingDir || record.config.WorkingDir || '/',
    capabilities: { bounding: capabilities, effective, permitted: effective, inheritable: [], ambient: [] },
    noNewPrivileges: security.noNewPrivileges,
    rlimits: resourceLimits(record.hostConfig),
    ...(OomScoreAdj ? { oomScoreAdj: OomScoreAdj } : {}),
    ...(security.apparmorProfile ? { apparmorProfile: security.apparmorProfile } : {}),
    ...(label ? { selinuxLabel: label } : {}),
  }
}
