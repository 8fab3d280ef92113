// What may be done with a container. INVARIANTS: work on one container is done one after the other, through `turns`;
// what runs inside such a turn must not ask for a turn of the same container.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, messageOf } from '../../../shared/errors.ts'
import { isAlive } from '../../../shared/processes.ts'
import { createKeyedTurns } from '../../../shared/turns.ts'
import type { Packed } from '../../chrooted/pack-stream.ts'
import { containerEvent } from '../events.ts'
import type { RootFileSystems } from '../files/rootfs.ts'
import { liveResources } from '../oci/resources.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import { checkUpdate, type UpdateRequest } from '../request/update-checks.ts'
import { unknownExitCode } from './comeback.ts'
import { type Creation, type CreationOptions, createCreation } from './creation.ts'
import { createStopping, type StopOptions, type Stopping } from './stopping.ts'
import { createTransitions, type TransitionOptions, type Transitions } from './transitions.ts'

export interface LifecycleOptions extends TransitionOptions, CreationOptions {
  rootfs: RootFileSystems
}

export interface Lifecycle extends Pick<Stopping, 'stop' | 'isStopping' | 'kill'> {
  create: Creation
  /** False when it runs already. */
  start(record: ContainerRecord): Promise<boolean>
  /** Starts it again unless somebody stopped it meanwhile. A start after a boot is not counted. */
  startAgain(record: ContainerRecord, options: { counted: boolean }): Promise<void>
  restart(record: ContainerRecord, options: StopOptions): Promise<void>
  pause(record: ContainerRecord, paused: boolean): Promise<void>
  /** Limits as they are in force from now on, also of what runs, and the restart policy; returns warnings. */
  update(record: ContainerRecord, wanted: UpdateRequest): Promise<string[]>
  remove(record: ContainerRecord, options: { force: boolean; volumes: boolean }): Promise<void>
  /** Runs `work` while nothing starts, ends or removes the container. */
  exclusively<T>(record: ContainerRecord, work: () => Promise<T>): Promise<T>
  /** The container's process has ended: takes down what it had and keeps its exit code. */
  ended(record: ContainerRecord, exitCode: number): Promise<void>
  /** conmon was killed: ends what runs on without anybody to keep its output and exit code. */
  orphaned(record: ContainerRecord): Promise<void>
  /** Who is told of what has become of a container. */
  observers: Pick<Transitions, 'onStarted' | 'onEnded' | 'onRemoved'>
  folderOf(record: ContainerRecord): string
  /**
   * Gives `work` the container's files: what its processes see while it runs, else its root file system with its
   * volumes, mounted for this time.
   */
  withRootfs<T>(record: ContainerRecord, work: (rootfs: string) => Promise<T>): Promise<T>
  /**
   * For what reads them for as long as somebody takes it: a running container's turn is not kept meanwhile, one that
   * does not run waits with its next start. Without `volumes` only its root file system.
   */
  readRootfs(record: ContainerRecord, volumes: boolean, open: (rootfs: string) => Promise<Packed>): Promise<Packed>
}

/** Calls `onEnd` when all was taken, or nobody wants more of it. */
function endingWith<T>(source: AsyncIterable<T>, onEnd: () => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]()
      return {
        async next() {
          try {
            const result = await iterator.next()
            if (result.done) onEnd()
            return result
          } catch (error) {
            onEnd()
            throw error
          }
        },
        async return(value) {
          try {
            return (await iterator.return?.(value)) ?? { done: true, value: undefined }
          } finally {
            onEnd()
          }
        },
      }
    },
  }
}

/** 128 and the number of SIGKILL. */
const killedExitCode = 137

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { registry, launcher, rootfs, waiters, events, folderOf } = options
  const turns = createKeyedTurns()
  const transitions = createTransitions(options)
  const stopping = createStopping({
    registry,
    waiters,
    events,
    thaw: record =>
      turns.run(record.id, async () => {
        if (record.state.status === 'paused') await freeze(record, false)
      }),
    stopBackOff: record => turns.run(record.id, async () => transitions.stopBackOff(record)),
  })
  /** So many restarts by request are under way, by container id. */
  const restarting = new Map<string, number>()
  const end = (record: ContainerRecord, exitCode: number, error?: string) =>
    transitions.end(record, exitCode, { restarts: restarting.has(record.id), ...(error ? { error } : {}) })

  const lifecycle: Lifecycle = {
    folderOf,
    create: createCreation(options, transitions.removeAnonymousVolumes),
    observers: transitions,
    stop: stopping.stop,
    isStopping: stopping.isStopping,
    kill: stopping.kill,

    async start(record) {
      // Whoever wants it to run after a stop that somebody else began doesn't mean that it runs now.
      await stopping.settled(record)
      return turns.run(record.id, async () => {
        if (record.state.status === 'running') return false
        if (record.state.status === 'paused')
          throw new ComposeError('conflict', 'cannot start a paused container, try unpause instead')
        if (record.state.status === 'removing')
          throw new ComposeError('conflict', 'container is marked for removal and cannot be started')
        record.stoppedByRequest = false
        record.restartCount = 0
        await transitions.start(record)
        return true
      })
    },

    startAgain: (record, { counted }) =>
      turns.run(record.id, async () => {
        if (record.state.status !== 'restarting') return
        if (counted) record.restartCount++
        await transitions.start(record, { retried: true })
      }),

    async restart(record, stopOptions) {
      // Whoever follows the container must not take this end for the last one.
      restarting.set(record.id, (restarting.get(record.id) ?? 0) + 1)
      try {
        await lifecycle.stop(record, stopOptions)
        await lifecycle.start(record)
      } finally {
        const others = (restarting.get(record.id) ?? 1) - 1
        if (others > 0) restarting.set(record.id, others)
        else restarting.delete(record.id)
      }
      containerEvent(events, record, 'restart')
    },

    pause: (record, paused) =>
      turns.run(record.id, async () => {
        const wanted = paused ? 'running' : 'paused'
        if (record.state.status !== wanted) {
          throw new ComposeError(
            'conflict',
            paused && record.state.status === 'paused'
              ? `container ${record.id} is already paused`
              : `Container ${record.id} is not ${wanted}`,
          )
        }
        await freeze(record, paused)
      }),

    update: (record, wanted) =>
      turns.run(record.id, async () => {
        const refused = (why: string) => new ComposeError('conflict', `Cannot update container ${record.id}: ${why}`)
        if (record.state.status === 'removing' || record.state.status === 'dead')
          throw refused('Container is marked for removal and cannot be "update".')
        const { host, changed, warnings } = checkUpdate(record, wanted)
        if (isRunning(record) && Object.keys(changed).length > 0) {
          const path = join(folderOf(record), 'update.json')
          writeFileSync(path, JSON.stringify(liveResources(changed)))
          try {
            await launcher.runtimeOf(record).call(['update', '--resources', path, record.id])
          } catch (error) {
            throw refused(messageOf(error))
          } finally {
            rmSync(path, { force: true })
          }
        }
        record.host = host
        registry.save(record)
        containerEvent(events, record, 'update')
        return warnings
      }),

    async remove(record, { force, volumes: withVolumes }) {
      for (let removed = false; !removed; ) {
        if (isRunning(record)) {
          if (!force) throw stillThere(record)
          await killIfRunning(record)
        }
        removed = await turns.run(record.id, async () => {
          // A start may have been under way.
          if (isRunning(record)) return false
          if (!registry.find(record.id)) return true
          if (!force && record.state.status === 'restarting') throw stillThere(record)
          transitions.stopBackOff(record)
          await transitions.remove(record, withVolumes)
          return true
        })
      }
    },

    exclusively: (record, work) => turns.run(record.id, work),

    ended: (record, exitCode) =>
      turns.run(record.id, async () => {
        // Else it is the word of an earlier life's conmon, which was slow.
        if (isRunning(record) && !isAlive(record.state)) await end(record, exitCode)
        else launcher.forgetExit(record)
      }),

    async orphaned(record) {
      const { pid, startTime } = record.state
      await turns.run(record.id, async () => {
        // Else it has ended, or begun anew, before its turn came.
        if (!isRunning(record) || record.state.pid !== pid || record.state.startTime !== startTime) return
        const exitCode = isAlive(record.state) ? killedExitCode : unknownExitCode
        await end(record, exitCode, 'conmon, which keeps the output and the exit code, ended without noting a code')
      })
    },

    withRootfs: (record, work) =>
      turns.run(record.id, async () => {
        if (isRunning(record)) return work(`/proc/${record.state.pid}/root`)
        try {
          return await work(rootfs.mountWhole(record))
        } finally {
          rootfs.unmount(record)
        }
      }),

    async readRootfs(record, volumes, open) {
      if (isRunning(record)) {
        try {
          return await open(volumes ? `/proc/${record.state.pid}/root` : rootfs.mounted(record))
        } catch (error) {
          // Else it has ended meanwhile, and there is another way.
          if (isRunning(record)) throw error
        }
      }
      const { promise, resolve, reject } = Promise.withResolvers<Packed>()
      turns
        .run(record.id, async () => {
          try {
            const packed = await open(volumes ? rootfs.mountWhole(record) : rootfs.mount(record))
            const read = Promise.withResolvers<void>()
            resolve({ ...packed, chunks: endingWith(packed.chunks, read.resolve) })
            await read.promise
          } finally {
            rootfs.unmount(record)
          }
        })
        .catch(reject)
      return promise
    },
  }
  return lifecycle

  async function freeze(record: ContainerRecord, paused: boolean): Promise<void> {
    await launcher.runtimeOf(record).call([paused ? 'pause' : 'resume', record.id])
    record.state.status = paused ? 'paused' : 'running'
    registry.keep(record)
    containerEvent(events, record, paused ? 'pause' : 'unpause')
  }

  function stillThere({ name, state }: ContainerRecord): ComposeError {
    return new ComposeError(
      'conflict',
      `cannot remove container "/${name}": container is ${state.status}: stop the container before removing or force remove`,
    )
  }

  async function killIfRunning(record: ContainerRecord): Promise<void> {
    try {
      await lifecycle.kill(record, 'SIGKILL')
    } catch (error) {
      // Else it has ended by itself meanwhile.
      if (isRunning(record)) throw error
    }
  }
}
