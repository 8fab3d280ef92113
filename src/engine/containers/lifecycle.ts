// A container from created to removed. INVARIANTS: work on one container is done one after the other, through
// `turns`; what runs inside such a turn must not ask for a turn of the same container. The record says what is
// about to be before it is, and every way out of start() leaves either a running container or nothing.
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'
import { createKeyedTurns, createTurns } from '../../shared/turns.ts'
import type { ContainerCreateRequest, ImageConfig } from '../api/types.ts'
import type { EventBus } from '../events/bus.ts'
import { close, MS, mount, O, openInRoot } from '../kernel/libc.ts'
import { mountOverlay, unmount } from '../kernel/mounts.ts'
import { compileFilter } from '../kernel/seccomp.ts'
import type { Networks } from '../networks/networks.ts'
import { createHeld } from '../runtime/conmon.ts'
import { identify, isAlive } from '../runtime/processes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { rulesFor } from '../runtime/seccompProfile.ts'
import { runtimeSpec } from '../runtime/spec.ts'
import type { Volumes } from '../volumes/volumes.ts'
import { containerSpec } from './containerSpec.ts'
import { copyUp } from './copyUp.ts'
import { createRecord } from './createRecord.ts'
import { containerEvent } from './events.ts'
import { writeHostFiles } from './hostFiles.ts'
import { type ContainerRecord, isRunning, never } from './record.ts'
import type { Registry } from './registry.ts'
import type { Sandboxes } from './sandbox.ts'
import { signalNumber } from './signals.ts'
import type { Waiters } from './waiting.ts'

export interface LifecycleOptions {
  registry: Registry
  sandboxes: Sandboxes
  networks: Networks
  volumes: Volumes
  waiters: Waiters
  events: EventBus
  runtimeNamed: (name: string) => Runtime
  defaultRuntime: string
  /** Containers' folders on disk. */
  folder: string
  /** Where root file systems are mounted. */
  rootfsFolder: string
  exitFolder: string
  cgroupParent: string
  image: (ref: string) => { id: string; config: ImageConfig }
  /** Top layer first. */
  lowerFolders: (imageId: string) => string[]
}

export interface Lifecycle {
  create(request: ContainerCreateRequest, name: string | undefined): Promise<ContainerRecord>
  /** False when it runs already. */
  start(record: ContainerRecord): Promise<boolean>
  /** Starts it again unless somebody stopped it meanwhile. */
  startAgain(record: ContainerRecord): Promise<void>
  /** False when it doesn't run. `timeout` in seconds; -1 waits without end. */
  stop(record: ContainerRecord, options: StopOptions): Promise<boolean>
  kill(record: ContainerRecord, signal: string): Promise<void>
  restart(record: ContainerRecord, options: StopOptions): Promise<void>
  pause(record: ContainerRecord, paused: boolean): Promise<void>
  remove(record: ContainerRecord, options: { force: boolean; volumes: boolean }): Promise<void>
  /** The container's process has ended: takes down what it had and keeps its exit code. */
  ended(record: ContainerRecord, exitCode: number): Promise<void>
  /** Calls after each end of a container, when it is recorded. */
  onEnded: (record: ContainerRecord, ranFor: number) => void
  onStarted: (record: ContainerRecord) => void
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
/** As many containers start at once as make the machine busy; more only wait for each other. */
const startsAtOnce = 4

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { registry, sandboxes, networks, volumes, waiters, events, folder } = options
  const turns = createKeyedTurns()
  const starting = createTurns(startsAtOnce)
  const filters = new Map<string, Buffer>()
  const restarting = new Set<string>()
  const folderOf = (record: ContainerRecord) => join(folder, record.id)
  const cgroupOf = (record: ContainerRecord) => join(record.hostConfig.CgroupParent || options.cgroupParent, record.id)
  const rootfsOf = (record: ContainerRecord) => join(options.rootfsFolder, record.id)
  const emit = (record: ContainerRecord, action: string, extra: Record<string, string> = {}) =>
    containerEvent(events, record, action, extra)

  const lifecycle: Lifecycle = {
    folderOf,
    onEnded: () => {},
    onStarted: () => {},

    async create(request, wantedName) {
      const image = options.image(request.Image ?? '')
      const name = registry.freeName(wantedName)
      const record = createRecord(request, {
        image,
        name,
        networks,
        volumes,
        containerNamed: registry.get,
        defaultRuntime: options.defaultRuntime,
      })
      registry.save(record)
      for (const part of ['upper', 'work']) mkdirSync(join(folderOf(record), part), { recursive: true, mode: 0o755 })
      emit(record, 'create')
      return record
    },

    start: record =>
      turns.run(record.id, async () => {
        if (record.state.status === 'running') return false
        if (record.state.status === 'paused')
          throw new ComposeError('conflict', 'cannot start a paused container, try unpause instead')
        if (record.state.status === 'removing')
          throw new ComposeError('conflict', 'container is marked for removal and cannot be started')
        record.stoppedByRequest = false
        await begin(record)
        return true
      }),

    startAgain: record =>
      turns.run(record.id, async () => {
        if (record.state.status !== 'restarting') return
        record.restartCount++
        await begin(record)
      }),

    async stop(record, { signal, timeout }) {
      // Another start may be under way: only in a turn of its own it is known which it is.
      if (record.state.status === 'restarting' && (await turns.run(record.id, async () => stopBackOff(record))))
        return true
      if (!isRunning(record)) return false
      record.stoppedByRequest = true
      registry.save(record)
      if (record.state.status === 'paused') await lifecycle.pause(record, false)
      const ended = waiters.wait(record.id, 'not-running')
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
    },

    async kill(record, signal) {
      if (!isRunning(record))
        throw new ComposeError('conflict', `cannot kill container: ${record.id}: container ${record.id} is not running`)
      const number = signalFor(record, signal)
      const deadly = number === 9 || number === signalNumber(record.config.StopSignal ?? 'SIGTERM')
      if (deadly) {
        record.stoppedByRequest = true
        registry.save(record)
      }
      if (record.state.status === 'paused' && number === 9) await lifecycle.pause(record, false)
      emit(record, 'kill', { signal: String(number) })
      const ended = number === 9 ? waiters.wait(record.id, 'not-running') : undefined
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
      await runtimeOf(record).call([paused ? 'pause' : 'resume', record.id])
      record.state.status = paused ? 'paused' : 'running'
      registry.save(record)
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
        if (!isRunning(record)) return
        const oomKilled = ranOutOfMemory(record)
        await takeDown(record)
        const { startedAt } = record.state
        Object.assign(record.state, {
          status: restarting.has(record.id) ? 'restarting' : 'exited',
          pid: 0,
          startTime: '',
          exitCode,
          oomKilled,
          finishedAt: new Date().toISOString(),
        })
        registry.save(record)
        if (oomKilled) emit(record, 'oom')
        emit(record, 'die', {
          exitCode: String(exitCode),
          execDuration: String(Math.round((Date.now() - Date.parse(startedAt)) / 1000)),
        })
        lifecycle.onEnded(record, Date.now() - Date.parse(startedAt))
        waiters.exited(record.id, exitCode)
        if (record.hostConfig.AutoRemove) await removeNow(record, true)
      }),

    withRootfs: (record, work) =>
      turns.run(record.id, async () => {
        if (isRunning(record)) return work(`/proc/${record.state.pid}/root`)
        mountRootfs(record)
        try {
          mountContents(record)
          return await work(rootfsOf(record))
        } finally {
          unmountRootfs(record)
        }
      }),
  }
  return lifecycle

  async function begin(record: ContainerRecord): Promise<void> {
    const before = record.state.status
    try {
      const netns = sandboxes.build(record, () => registry.save(record))
      const pid = await starting.run(() => run(record, netns))
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
      await takeDown(record)
      Object.assign(record.state, {
        status: before === 'created' ? 'created' : 'exited',
        pid: 0,
        exitCode: exitCodeOf(error),
        error: messageOf(error),
        ...(before === 'created' ? {} : { finishedAt: new Date().toISOString() }),
      })
      registry.save(record)
      throw error
    }
    emit(record, 'start')
    lifecycle.onStarted(record)
  }

  /** Everything from the root file system to the first instruction of the container's program. */
  async function run(record: ContainerRecord, netns: string | false): Promise<number> {
    const bundle = folderOf(record)
    const rootfs = mountRootfs(record)
    for (const { type, copyUp: wanted, name, destination } of record.mounts) {
      if (type === 'volume' && wanted && name) await copyUp(rootfs, destination, volumes.path(name))
    }
    const hostname = record.config.Hostname ?? ''
    writeHostFiles({ record, folder: bundle, hostname, ownDns: record.dns !== undefined, gateway: gatewayOf(record) })
    const runtime = runtimeOf(record)
    const spec = runtimeSpec(
      containerSpec(record, {
        rootfs,
        folder: bundle,
        netns,
        hostname,
        cgroupsPath: cgroupOf(record),
        compiledFilter: capabilities => (runtime.takesCompiledFilter ? filterFor(capabilities) : undefined),
        containerNamed: registry.get,
        volumePath: volumes.path,
      }),
    )
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec), { mode: 0o600 })
    const { Tty = false, OpenStdin = false, StdinOnce = false } = record.config
    const log = record.hostConfig.LogConfig?.Type === 'none' ? '/dev/null' : join(bundle, 'container.log')
    const pid = await createHeld(runtime, {
      id: record.id,
      bundle,
      logPath: log,
      exitFolder: options.exitFolder,
      terminal: Tty,
      stdin: OpenStdin,
      keepStdin: !StdinOnce,
    })
    await runtime.start(record.id)
    return pid
  }

  /** Undoes everything that begin() makes, in whatever state it is. */
  async function takeDown(record: ContainerRecord): Promise<void> {
    await runtimeOf(record).remove(record.id, cgroupOf(record))
    sandboxes.destroy(record, () => registry.save(record))
    unmountRootfs(record)
    rmSync(join(options.exitFolder, record.id), { force: true })
    for (const name of ['attach', 'ctl', 'winsz', 'oom', 'pid', 'conmon.pid', 'config.json'])
      rmSync(join(folderOf(record), name), { force: true })
  }

  async function removeNow(record: ContainerRecord, withVolumes: boolean): Promise<void> {
    record.state.status = 'removing'
    registry.save(record)
    await takeDown(record)
    registry.delete(record)
    await rm(folderOf(record), { recursive: true, force: true })
    if (withVolumes) for (const mount of record.mounts) removeAnonymous(mount)
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
    registry.save(record)
    return true
  }

  function mountRootfs(record: ContainerRecord): string {
    const target = rootfsOf(record)
    mkdirSync(target, { recursive: true })
    unmount(target)
    const [upper, work] = ['upper', 'work'].map(part => join(folderOf(record), part))
    mountOverlay({ target, lower: options.lowerFolders(record.imageId), upper: upper ?? '', work: work ?? '' })
    return target
  }

  /** The volumes of a container that doesn't run, each at its place as the container's links lead to it. */
  function mountContents(record: ContainerRecord): void {
    for (const { type, name, source, destination } of record.mounts) {
      if (type === 'tmpfs') continue
      let fd: number
      try {
        fd = openInRoot(rootfsOf(record), destination, O.PATH)
      } catch {
        // The place is made at the start; nothing can be put there before.
        continue
      }
      mount(type === 'volume' && name ? volumes.path(name) : source, `/proc/self/fd/${fd}`, '', MS.BIND)
      close(fd)
    }
  }

  function unmountRootfs(record: ContainerRecord): void {
    unmount(rootfsOf(record))
    removeFolder(rootfsOf(record))
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

  function gatewayOf(record: ContainerRecord): string | undefined {
    return record.endpoints.find(({ active }) => active?.gateway)?.active?.gateway
  }

  function runtimeOf(record: ContainerRecord): Runtime {
    return options.runtimeNamed(record.runtime)
  }

  function filterFor(capabilities: readonly string[]): Buffer {
    const key = capabilities.join(' ')
    const known = filters.get(key)
    if (known) return known
    const filter = compileFilter(rulesFor(capabilities))
    filters.set(key, filter)
    return filter
  }

  function ranOutOfMemory(record: ContainerRecord): boolean {
    try {
      return readFileSync(join(folderOf(record), 'oom')).length >= 0
    } catch {
      return false
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

/** Removes a mount point. Never recursively: were something still mounted there, its files would go. */
function removeFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Not there, or still in use: the next start takes it again.
  }
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
