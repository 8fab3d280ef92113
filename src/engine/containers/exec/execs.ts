// Programs run in a running container: exec, health checks. Each is a child of the engine through the runtime.
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../../shared/errors.ts'
import { createSubgroup, leftSubgroups, type Subgroup } from '../../kernel/subgroups.ts'
import { containerCapabilities } from '../../runtime/capabilities.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { environment, resourceLimits } from '../oci/container-spec.ts'
import { resolveUser } from '../oci/users.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import { apparmorProfileOf, securityOptions, selinuxLabel } from '../request/security-options.ts'
import { type Program, type RunningExec, withPipes, withTerminal } from './exec-streams.ts'

export interface ExecRecord {
  id: string
  containerId: string
  program: Program
  running: boolean
  exitCode: number | undefined
  /** Milliseconds since 1970. */
  endedAt: number | undefined
  pid: number
}

export interface Execs {
  /** `calledAs`: what errors call the container. */
  create(record: ContainerRecord, program: Program, calledAs?: string): ExecRecord
  get(id: string): ExecRecord
  start(id: string): RunningExec
  resize(id: string, rows: number, columns: number): void
  of(containerId: string): string[]
  /** Forgets the programs of a container that was removed. */
  forget(containerId: string): void
  /** Runs without an API record. */
  run(record: ContainerRecord, program: Program): RunningExec
  /** Runs in a control group of its own, so that kill() reaches all that the program started. */
  probe(record: ContainerRecord, program: Program): RunningExec
  /** Ends what probes of an earlier engine left. */
  endProbes(record: ContainerRecord): Promise<void>
}

export interface ExecsOptions {
  runtimeNamed: (name: string) => Runtime
  folderOf: (record: ContainerRecord) => string
  cgroupOf: (record: ContainerRecord) => string
  /** Of containers that name none. */
  apparmorProfile: string | undefined
  containerOf: (id: string) => ContainerRecord
  onEvent: (record: ContainerRecord, action: string, attributes: Record<string, string>) => void
}

/** Milliseconds in which a client may still ask how a program ended, also when its container ended with it. */
const keptAfterEnd = 5 * 60_000

export function createExecs(options: ExecsOptions): Execs {
  const { runtimeNamed, folderOf, cgroupOf, apparmorProfile, containerOf, onEvent } = options
  const records = new Map<string, ExecRecord>()
  const running = new Map<string, RunningExec>()
  const execs: Execs = {
    create(record, program, calledAs) {
      requireRunning(record, calledAs)
      if (!program.cmd?.length) throw new ComposeError('invalid_argument', 'No exec command specified')
      const id = randomBytes(32).toString('hex')
      const own = { endedAt: undefined, running: false, exitCode: undefined, pid: 0 }
      const exec: ExecRecord = { id, containerId: record.id, program, ...own }
      forgetOld()
      records.set(id, exec)
      onEvent(record, `exec_create: ${program.cmd.join(' ')}`, { execID: id })
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
      const started = execs.run(record, exec.program)
      exec.running = true
      running.set(id, started)
      onEvent(record, `exec_start: ${exec.program.cmd?.join(' ')}`, { execID: id })
      started.exited = started.exited.then(result => {
        exec.running = false
        exec.exitCode = result.exitCode
        exec.endedAt = Date.now()
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
    run: (record, program) => launch(record, program, false),
    probe: (record, program) => launch(record, program, true),
    async endProbes(record) {
      for (const group of leftSubgroups(cgroupOf(record))) {
        group.kill()
        await group.release()
      }
    },
  }
  return execs

  function forgetOld(): void {
    for (const [id, { endedAt }] of records)
      if (endedAt !== undefined && Date.now() - endedAt > keptAfterEnd) records.delete(id)
  }

  function launch(record: ContainerRecord, program: Program, contained: boolean): RunningExec {
    requireRunning(record)
    const name = randomBytes(6).toString('hex')
    const [processFile, pidFile] = ['json', 'pid'].map(end => join(folderOf(record), `exec-${name}.${end}`)) as [
      string,
      string,
    ]
    writeFileSync(processFile, JSON.stringify(processOf(record, program, apparmorProfile)), { mode: 0o600 })
    const group = contained ? createSubgroup(cgroupOf(record), name) : undefined
    const runtime = withScore(runtimeNamed(record.runtime), record.host.oomScoreAdj)
    const argv = [
      'exec',
      '--process',
      processFile,
      '--pid-file',
      pidFile,
      ...(program.tty ? ['--tty'] : []),
      ...(group ? ['--cgroup', group.name] : []),
      record.id,
    ]
    const cleanUp = () => {
      rmSync(processFile, { force: true })
      rmSync(pidFile, { force: true })
      void group?.release()
    }
    try {
      const started = (program.tty ? withTerminal : withPipes)({ runtime, argv, program, pidFile, cleanUp })
      return group ? { ...started, kill: () => killAll(started, group) } : started
    } catch (error) {
      cleanUp()
      throw error
    }
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

function requireRunning(record: ContainerRecord, calledAs = record.id): void {
  if (record.state.status === 'paused')
    throw new ComposeError('conflict', `Container ${calledAs} is paused, unpause the container before exec`)
  if (!isRunning(record)) throw new ComposeError('conflict', `container ${record.id} is not running`)
}

/** The process section of the OCI spec for a program in a running container. */
function processOf(
  record: ContainerRecord,
  program: Program,
  apparmorFallback: string | undefined,
): Record<string, unknown> {
  const root = `/proc/${record.state.pid}/root`
  const { home, ...user } = resolveUser(root, program.user || record.config.user || '', record.host.groupAdd ?? [])
  const privileged = program.privileged || (record.host.privileged ?? false)
  const { capAdd = [], capDrop = [], securityOpt = [], oomScoreAdj } = record.host
  const capabilities = containerCapabilities({ privileged, add: capAdd, drop: capDrop })
  const effective = user.uid === 0 ? capabilities : []
  const security = securityOptions(securityOpt)
  const label = selinuxLabel(security.label)
  const profile = apparmorProfileOf(security, privileged, apparmorFallback)
  const env = [...(record.config.env ?? []), ...(program.env ?? [])]
  return {
    terminal: program.tty ?? false,
    user,
    args: program.cmd,
    env: environment(env, { home, hostname: record.config.hostname ?? '', terminal: program.tty ?? false }),
    cwd: program.workingDir || record.config.workingDir || '/',
    capabilities: { bounding: capabilities, effective, permitted: effective, inheritable: [], ambient: [] },
    noNewPrivileges: security.noNewPrivileges,
    rlimits: resourceLimits(record.host),
    ...(oomScoreAdj ? { oomScoreAdj } : {}),
    ...(profile ? { apparmorProfile: profile } : {}),
    ...(label ? { selinuxLabel: label } : {}),
  }
}
