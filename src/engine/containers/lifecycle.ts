// A container from created to removed. INVARIANTS: work on one container is done one after the other, through
// `turns`; what runs inside such a turn must not ask for a turn of the same container. The record says what is
// about to be before it is, and every way out of start() leaves either a running container or nothing.
import { rm } from 'node:fs/promises'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'
import { createKeyedTurns } from '../../shared/turns.ts'
import type { ContainerCreateRequest, ImageConfig } from '../api/types.ts'
import type { EventBus } from '../events/bus.ts'
import type { Networks } from '../networks/networks.ts'
import { identify, isAlive } from '../runtime/processes.ts'
import type { Volumes } from '../volumes/volumes.ts'
import { unknownExitCode } from './comeback.ts'
import { createRecord } from './createRecord.ts'
import { containerEvent } from './events.ts'
import type { Launcher } from './launch.ts'
import { type ContainerRecord, isRunning, never } from './record.ts'
import type { Registry } from './registry.ts'
import type { RootFileSystems } from './rootfs.ts'
import { signalNumber } from './signals.ts'
import type { Waiters } from './waiting.ts'

export interface LifecycleOptions {
  registry: Registry
  networks: Networks
  volumes: Volumes
  waiters: Waiters
  events: EventBus
  launcher: Launcher
  rootfs: RootFileSystems
  defaultRuntime: string
  folderOf: (record: ContainerRecord) => string
  image: (ref: string) => { id: string; config: ImageConfig }
}

export interface Lifecycle {
  create(request: ContainerCreateRequest, name: string | undefined): Promise<ContainerRecord>
  /** False when it runs already. */
  start(record: ContainerRecord): Promise<boolean>
  /** Starts it again unless somebody stopped it meanwhile. A start after a boot is not counted. */
  startAgain(record: ContainerRecord, options?: { counted: boolean }): Promise<void>
  /** False when it doesn't run. `timeout` in seconds; -1 waits without end. */
  stop(record: ContainerRecord, options: StopOptions): Promise<boolean>
  /** A stop is under way: it runs still, but not for long. */
  isStopping(record: ContainerRecord): boolean
  kill(record: ContainerRecord, signal: string): Promise<void>
  restart(record: ContainerRecord, options: StopOptions): Promise<void>
  pause(record: ContainerRecord, paused: boolean): Promise<void>
  remove(record: ContainerRecord, options: { force: boolean; volumes: boolean }): Promise<void>
  /** The container's process has ended: takes down what it had and keeps its exit code. */
  ended(record: ContainerRecord, exitCode: number): Promise<void>
  /** conmon was killed: ends what runs on without anybody to keep its output and exit code. */
  orphaned(record: ContainerRecord): Promise<void>
  /** Calls after each end of a container, when it is recorded. */
  onEnded: (record: ContainerRecord, ranFor: number) => void
  onStarted: (record: ContainerRecord) => void
  onRemoved: (record: ContainerRecord) => void
  folderOf(record: ContainerRecord): string
  /**
   * Gives `work` the container's files: what its processes see while it runs, else its root file system with its
   * volumes, mounted for this time.
   */
  withRootfs<T>(record: ContainerRecord, work: (rootfs: string) => Promise<T>): Promise<T>
}

export interface StopOptions {
  signal?: string | undefined
  timeout?: number | undefined
}

const defaultStopTimeout = 10
/** 128 and the number of SIGKILL. */
const killedExitCode = 137

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { registry, launcher, rootfs, networks, volumes, waiters, events, folderOf } = options
  const turns = createKeyedTurns()
  const restarting = new Set<string>()
  /** By container id. */
  const stops = new Map<string, Promise<boolean>>()
  const emit = (record: ContainerRecord, action: string, extra: Record<string, string> = {}) =>
    containerEvent(events, record, action, extra)

  const lifecycle: Lifecycle = {
    folderOf,
    onEnded: () => {},
    onStarted: () => {},
    onRemoved: () => {},

    async create(request, wantedName) {
      const image = options.image(request.Image ?? '')
      const name = registry.freeName(wantedName)
      const record = createRecord(request, {
        image,
        name,
        networks,
        volumes,
        containerNamed: registry.get,
        imageNamed: ref => options.image(ref).id,
        defaultRuntime: options.defaultRuntime,
      })
      try {
        // In this order a kill in between leaves files without a record, which the next start sweeps.
        rootfs.create(record)
        registry.save(record)
        for (const { anonymous, name: volume } of record.mounts)
          if (anonymous && volume) volumes.markPassing(volume, false)
      } catch (error) {
        registry.drop(record)
        await rm(folderOf(record), { recursive: true, force: true })
        for (const mount of record.mounts) removeAnonymous(mount)
        throw error
      }
      emit(record, 'create')
      return record
    },

    async start(record) {
      // Whoever wants it to run after a stop that somebody else began doesn't mean that it runs now.
      await stops.get(record.id)?.catch(() => {})
      return turns.run(record.id, async () => {
        if (record.state.status === 'running') return false
        if (record.state.status === 'paused')
          throw new ComposeError('conflict', 'cannot start a paused container, try unpause instead')
        if (record.state.status === 'removing')
          throw new ComposeError('conflict', 'container is marked for removal and cannot be started')
        record.stoppedByRequest = false
        record.restartCount = 0
        await begin(record)
        return true
      })
    },

    startAgain: (record, { counted } = { counted: true }) =>
      turns.run(record.id, async () => {
        if (record.state.status !== 'restarting') return
        if (counted) record.restartCount++
        await begin(record)
      }),

    async stop(record, stopOptions) {
      const stopped = stopNow(record, stopOptions)
      stops.set(record.id, stopped)
      try {
        return await stopped
      } finally {
        if (stops.get(record.id) === stopped) stops.delete(record.id)
      }
    },

    isStopping: record => stops.has(record.id),

    async kill(record, signal) {
      if (!isRunning(record))
        throw new ComposeError('conflict', `cannot kill container: ${record.id}: container ${record.id} is not running`)
      const number = signalFor(record, signal)
      const deadly = number === 9 || number === signalNumber(record.config.StopSignal ?? 'SIGTERM')
      if (deadly) {
        record.stoppedByRequest = true
        registry.keep(record)
      }
      const ended = number === 9 ? waiters.wait(record.id, 'not-running') : undefined
      if (record.state.status === 'paused' && number === 9) await lifecycle.pause(record, false)
      emit(record, 'kill', { signal: String(number) })
      send(record, signal)
      await ended
    },

    async restart(record, stopOptions) {
      // Whoever follows the container must not take this end for the last one.
      restarting.add(record.id)
      try {
        await lifecycle.stop(record, stopOptions)
        await lifecycle.start(record)
      } finally {
        restarting.delete(record.id)
      }
      emit(record, 'restart')
    },

    async pause(record, paused) {
      const wanted = paused ? 'running' : 'paused'
      if (record.state.status !== wanted) {
        throw new ComposeError(
          'conflict',
          paused && record.state.status === 'paused'
            ? `container ${record.id} is already paused`
            : `container ${record.id} is not ${wanted}`,
        )
      }
      await launcher.runtimeOf(record).call([paused ? 'pause' : 'resume', record.id])
      // It may have ended meanwhile.
      if (!isRunning(record)) return
      record.state.status = paused ? 'paused' : 'running'
      registry.keep(record)
      emit(record, paused ? 'pause' : 'unpause')
    },

    async remove(record, { force, volumes: withVolumes }) {
      if (isRunning(record)) {
        if (!force) {
          const state = record.state.status
          throw new ComposeError(
            'conflict',
            `cannot remove container "/${record.name}": container is ${state}: stop the container before removing or force remove`,
          )
        }
        await lifecycle.kill(record, 'SIGKILL').catch(() => {})
      }
      await turns.run(record.id, async () => {
        if (!registry.find(record.id)) return
        stopBackOff(record)
        await removeNow(record, withVolumes)
      })
    },

    ended: (record, exitCode) =>
      turns.run(record.id, async () => {
        // Else it is the word of an earlier life's conmon, which was slow.
        if (isRunning(record) && !isAlive(record.state)) await finish(record, exitCode)
        else launcher.forgetExit(record)
      }),

    orphaned: record =>
      turns.run(record.id, async () => {
        if (!isRunning(record)) return
        const exitCode = isAlive(record.state) ? killedExitCode : unknownExitCode
        await finish(record, exitCode, 'conmon, which keeps the output and the exit code, ended without noting a code')
      }),

    withRootfs: (record, work) =>
      turns.run(record.id, async () => {
        if (isRunning(record)) return work(`/proc/${record.state.pid}/root`)
        try {
          return await work(rootfs.mountWhole(record))
        } finally {
          rootfs.unmount(record)
        }
      }),
  }
  return lifecycle

  async function stopNow(record: ContainerRecord, { signal, timeout }: StopOptions): Promise<boolean> {
    // Another start may be under way: only in a turn of its own it is known which it is.
    if (record.state.status === 'restarting' && (await turns.run(record.id, async () => stopBackOff(record))))
      return true
    if (!isRunning(record)) return false
    record.stoppedByRequest = true
    registry.keep(record)
    // What was frozen may end as soon as it thaws.
    const ended = waiters.wait(record.id, 'not-running')
    if (record.state.status === 'paused') await lifecycle.pause(record, false)
    const seconds = timeout ?? record.config.StopTimeout ?? defaultStopTimeout
    // Without a moment to react a stop signal is only a detour.
    if (seconds !== 0) send(record, signal ?? record.config.StopSignal ?? 'SIGTERM')
    const waited = seconds < 0 ? await ended : await within(ended, seconds * 1000)
    if (waited === undefined) {
      send(record, 'SIGKILL')
      await ended
    }
    emit(record, 'stop')
    return true
  }

  async function begin(record: ContainerRecord): Promise<void> {
    const before = record.state.status
    try {
      const pid = await launcher.launch(record)
      const identity = identify(pid)
      Object.assign(record.state, {
        status: 'running',
        pid,
        startTime: identity?.startTime ?? '',
        exitCode: 0,
        error: '',
        oomKilled: false,
        startedAt: new Date().toISOString(),
        finishedAt: record.state.finishedAt === never ? never : record.state.finishedAt,
      })
      registry.save(record)
    } catch (error) {
      await launcher.takeDown(record)
      Object.assign(record.state, {
        status: before === 'created' ? 'created' : 'exited',
        pid: 0,
        exitCode: exitCodeOf(error),
        error: messageOf(error),
        ...(before === 'created' ? {} : { finishedAt: new Date().toISOString() }),
      })
      registry.keep(record)
      launcher.forgetExit(record)
      throw error
    }
    emit(record, 'start')
    lifecycle.onStarted(record)
  }

  async function finish(record: ContainerRecord, exitCode: number, error = ''): Promise<void> {
    const oomKilled = launcher.ranOutOfMemory(record)
    await launcher.takeDown(record)
    const { startedAt } = record.state
    Object.assign(record.state, {
      status: restarting.has(record.id) ? 'restarting' : 'exited',
      pid: 0,
      startTime: '',
      exitCode,
      oomKilled,
      error,
      finishedAt: new Date().toISOString(),
    })
    registry.keep(record)
    launcher.forgetExit(record)
    if (oomKilled) emit(record, 'oom')
    emit(record, 'die', {
      exitCode: String(exitCode),
      execDuration: String(Math.round((Date.now() - Date.parse(startedAt)) / 1000)),
    })
    lifecycle.onEnded(record, Date.now() - Date.parse(startedAt))
    waiters.exited(record.id, exitCode)
    if (record.hostConfig.AutoRemove && !restarting.has(record.id)) await removeNow(record, true)
  }

  async function removeNow(record: ContainerRecord, withVolumes: boolean): Promise<void> {
    // Before it is said that the container goes: whoever finishes its removal after a kill doesn't know of them.
    if (withVolumes)
      for (const { anonymous, name } of record.mounts) if (anonymous && name) volumes.markPassing(name, true)
    record.state.status = 'removing'
    registry.keep(record)
    await launcher.takeDown(record, { removed: true })
    launcher.forgetExit(record)
    // The files first: on a full disk it is their room that lets the rest be written.
    await rm(folderOf(record), { recursive: true, force: true })
    registry.drop(record)
    if (withVolumes) for (const mount of record.mounts) removeAnonymous(mount)
    lifecycle.onRemoved(record)
    emit(record, 'destroy')
    waiters.removed(record.id, record.state.exitCode)
  }

  function removeAnonymous({ anonymous, name }: ContainerRecord['mounts'][number]): void {
    if (!anonymous || !name) return
    try {
      volumes.remove(name, true)
    } catch {
      // Another container uses it by volumes_from.
    }
  }

  function stopBackOff(record: ContainerRecord): boolean {
    if (record.state.status !== 'restarting') return false
    record.stoppedByRequest = true
    record.state.status = 'exited'
    registry.keep(record)
    return true
  }

  function send(record: ContainerRecord, signal: string): void {
    const { pid, startTime } = record.state
    if (!isAlive({ pid, startTime })) return
    try {
      process.kill(pid, signalNumber(signal))
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error
    }
  }
}

function signalFor({ id }: ContainerRecord, signal: string): number {
  try {
    return signalNumber(signal)
  } catch (cause) {
    throw new ComposeError('invalid_argument', `cannot kill container: ${id}: invalid signal: ${signal}`, { cause })
  }
}

/** 127: no such command; 126: it can't be run; 128: everything else, as Docker Engine does. */
function exitCodeOf(error: unknown): number {
  const text = messageOf(error)
  if (/not found|no such file/i.test(text)) return 127
  return /permission denied|is a directory/i.test(text) ? 126 : 128
}

async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, milliseconds, undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
