// What takes a container from one status to another. INVARIANTS: all of it runs in a turn of its container. The record
// says what is about to be before it is, and every way out of start() leaves either a running container or nothing.
import { rm } from 'node:fs/promises'
import { messageOf } from '../../../shared/errors.ts'
import { identify } from '../../../shared/processes.ts'
import type { EventBus } from '../../events/bus.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import { containerEvent } from '../events.ts'
import { type ContainerRecord, never } from '../record.ts'
import type { Registry } from '../registry.ts'
import type { Launcher } from './launch.ts'
import { launchExitCode } from './launch-exit-code.ts'
import { shouldRestart } from './restart-policy.ts'
import type { Waiters } from './waiting.ts'

export interface TransitionOptions {
  registry: Registry
  volumes: Volumes
  waiters: Waiters
  events: EventBus
  launcher: Launcher
  folderOf: (record: ContainerRecord) => string
}

export interface Transitions {
  /** A start that fails is left to the restart policy where `retried` says so, and throws in any case. */
  start(record: ContainerRecord, options?: { retried: boolean }): Promise<void>
  /** Takes down what a container had that has ended, or shall end now, and keeps its exit code. */
  end(record: ContainerRecord, exitCode: number, options: EndOptions): Promise<void>
  /** False when it doesn't wait for its next start. */
  stopBackOff(record: ContainerRecord): boolean
  remove(record: ContainerRecord, withVolumes: boolean): Promise<void>
  removeAnonymousVolumes(record: ContainerRecord): void
  /** Calls after each end of a container, when it is recorded. */
  onEnded: (record: ContainerRecord, ranFor: number) => void
  onStarted: (record: ContainerRecord) => void
  onRemoved: (record: ContainerRecord) => void
}

export interface EndOptions {
  /** It is about to be started again by request: whoever follows it must not take this end for the last one. */
  restarts: boolean
  /** What inspect says about it. */
  error?: string
}

export function createTransitions(options: TransitionOptions): Transitions {
  const { registry, launcher, volumes, waiters, events, folderOf } = options
  const transitions: Transitions = {
    onEnded: () => {},
    onStarted: () => {},
    onRemoved: () => {},

    async start(record, { retried } = { retried: false }) {
      const before = record.state.status
      try {
        const { pid, startedAt } = await launcher.launch(record)
        const identity = identify(pid)
        Object.assign(record.state, {
          status: 'running',
          pid,
          startTime: identity?.startTime ?? '',
          exitCode: 0,
          error: '',
          oomKilled: false,
          startedAt,
          finishedAt: record.state.finishedAt === never ? never : record.state.finishedAt,
        })
        registry.save(record)
      } catch (error) {
        await launcher.takeDown(record)
        Object.assign(record.state, {
          status: before === 'created' ? 'created' : 'exited',
          pid: 0,
          exitCode: launchExitCode(messageOf(error)),
          error: messageOf(error),
          ...(before === 'created' ? {} : { finishedAt: new Date().toISOString() }),
        })
        if (retried && shouldRestart(record)) record.state.status = 'restarting'
        registry.keep(record)
        launcher.forgetExit(record)
        waiters.failed(record.id, record.state.exitCode)
        if (before === 'restarting' && record.state.status === 'exited') gaveUp(record)
        if (record.host.autoRemove) await transitions.remove(record, true)
        throw error
      }
      containerEvent(events, record, 'start')
      transitions.onStarted(record)
    },

    async end(record, exitCode, { restarts, error = '' }) {
      const oomKilled = launcher.ranOutOfMemory(record)
      await launcher.takeDown(record)
      const { startedAt } = record.state
      const ranFor = Date.now() - Date.parse(startedAt)
      Object.assign(record.state, {
        status: restarts ? 'restarting' : 'exited',
        pid: 0,
        startTime: '',
        exitCode,
        oomKilled,
        error,
        finishedAt: new Date().toISOString(),
      })
      registry.keep(record)
      launcher.forgetExit(record)
      if (oomKilled) containerEvent(events, record, 'oom')
      containerEvent(events, record, 'die', {
        exitCode: String(exitCode),
        execDuration: String(Math.round(ranFor / 1000)),
      })
      transitions.onEnded(record, ranFor)
      waiters.exited(record.id, exitCode)
      if (record.host.autoRemove && !restarts) await transitions.remove(record, true)
    },

    stopBackOff(record) {
      if (record.state.status !== 'restarting') return false
      record.stoppedByRequest = true
      record.state.status = 'exited'
      registry.keep(record)
      gaveUp(record)
      return true
    },

    async remove(record, withVolumes) {
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
      if (withVolumes) transitions.removeAnonymousVolumes(record)
      transitions.onRemoved(record)
      containerEvent(events, record, 'destroy')
      waiters.removed(record.id, record.state.exitCode)
    },

    removeAnonymousVolumes({ mounts }) {
      for (const { anonymous, name } of mounts) {
        if (!anonymous || !name) continue
        try {
          volumes.remove(name, true)
        } catch {
          // Another container uses it by volumes_from.
        }
      }
    },
  }
  return transitions

  /** Who was told of its last end was told that it comes back, too: this is the end now. */
  function gaveUp(record: ContainerRecord): void {
    containerEvent(events, record, 'die', { exitCode: String(record.state.exitCode), execDuration: '0' })
    waiters.exited(record.id, record.state.exitCode)
  }
}
