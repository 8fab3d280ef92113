// The ways to end a container that runs: a stop, which asks first, and a kill. Both only send signals and wait; that
// it has ended is recorded by whoever sees its process gone.
import { readFileSync } from 'node:fs'
import { ComposeError, isErrno } from '../../../shared/errors.ts'
import { isAlive } from '../../../shared/processes.ts'
import type { EventBus } from '../../events/bus.ts'
import { signalNumber } from '../../kernel/signals.ts'
import { containerEvent } from '../events.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import type { Registry } from '../registry.ts'
import { isUnheeded } from './unheeded.ts'
import type { Waiters } from './waiting.ts'

export interface StoppingOptions {
  registry: Registry
  waiters: Waiters
  events: EventBus
  thaw: (record: ContainerRecord) => Promise<void>
  /**
   * Resolves to false when the container doesn't wait for its next start: when it runs, by a start that was under way,
   * or has ended.
   */
  stopBackOff: (record: ContainerRecord) => Promise<boolean>
}

export interface Stopping {
  /** False when it doesn't run. */
  stop(record: ContainerRecord, options: StopOptions): Promise<boolean>
  /** A stop, or a kill by SIGKILL, is under way: it runs still, but not for long. */
  isStopping(record: ContainerRecord): boolean
  /** Resolves when neither is under way. */
  settled(record: ContainerRecord): Promise<void>
  /** After SIGKILL it waits for the end. */
  /** `calledAs`: what errors call the container. */
  kill(record: ContainerRecord, signal: string, calledAs?: string): Promise<void>
}

export interface StopOptions {
  signal?: string | undefined
  /** Seconds; -1 waits without end. */
  timeout?: number | undefined
  /** Called when it had to be killed because its main process has no handler for the signal. */
  onUnheeded?: (signal: string) => void
}

/** Milliseconds between two looks for a handler that was not there yet. */
const handlerPause = 100

const defaultStopTimeout = 10
const SIGKILL = 9
/** Milliseconds; Docker Engine's. */
const killDeadline = 10_000

export function createStopping({ registry, waiters, events, thaw, stopBackOff }: StoppingOptions): Stopping {
  /** By container id. */
  const stops = new Map<string, Promise<unknown>>()
  return {
    stop: (record, options) => underWay(record, stopNow(record, options)),

    isStopping: record => stops.has(record.id),

    async settled(record) {
      await stops.get(record.id)?.catch(() => {})
    },

    async kill(record, signal, calledAs = record.id) {
      const number = signalFor(record, signal)
      const deadly = number === SIGKILL || number === signalNumber(record.config.stopSignal ?? 'SIGTERM')
      if (deadly && !isRunning(record) && (await stopBackOff(record))) return
      // There is nobody to get it between two lives.
      if (!deadly && record.state.status === 'restarting') return
      if (!isRunning(record))
        throw new ComposeError('conflict', `cannot kill container: ${calledAs}: container ${record.id} is not running`)
      if (deadly) {
        record.stoppedByRequest = true
        registry.keep(record)
      }
      const ended = number === SIGKILL ? waiters.wait(record.id, 'not-running') : undefined
      if (record.state.status === 'paused' && number === SIGKILL) await thaw(record)
      signalTo(record, signal)
      if (ended) await underWay(record, killed(record, ended))
    },
  }

  async function underWay<T>(record: ContainerRecord, stopped: Promise<T>): Promise<T> {
    stops.set(record.id, stopped)
    try {
      return await stopped
    } finally {
      if (stops.get(record.id) === stopped) stops.delete(record.id)
    }
  }

  function signalTo(record: ContainerRecord, signal: string): void {
    containerEvent(events, record, 'kill', { signal: String(signalNumber(signal)) })
    send(record, signal)
  }

  async function stopNow(record: ContainerRecord, options: StopOptions): Promise<boolean> {
    const { signal, timeout } = options
    if (!isRunning(record) && (await stopBackOff(record))) {
      containerEvent(events, record, 'stop')
      return true
    }
    if (!isRunning(record)) return false
    record.stoppedByRequest = true
    registry.keep(record)
    // What was frozen may end as soon as it thaws.
    const ended = waiters.wait(record.id, 'not-running')
    if (record.state.status === 'paused') await thaw(record)
    const seconds = timeout ?? record.config.stopTimeout ?? defaultStopTimeout
    const stopSignal = signal ?? record.config.stopSignal ?? 'SIGTERM'
    const heard = hearing(record, stopSignal)
    // Without a moment to react a stop signal is only a detour.
    if (seconds !== 0) signalTo(record, stopSignal)
    const waited = seconds < 0 ? await ended : await within(ended, seconds * 1000)
    heard.end()
    if (waited === undefined) {
      if (seconds !== 0 && !heard.yet()) options.onUnheeded?.(stopSignal)
      signalTo(record, 'SIGKILL')
      await killed(record, ended)
    }
    containerEvent(events, record, 'stop')
    return true
  }
}

/** What was dropped is sent again once there is a handler: an entrypoint may be on its way to the program that has one. */
function hearing(record: ContainerRecord, signal: string): { yet(): boolean; end(): void } {
  const { pid } = record.state
  const number = signalNumber(signal)
  let isHeard = !isUnheeded(pid, number)
  const look = () => {
    if (isUnheeded(pid, number)) return
    isHeard = true
    clearInterval(timer)
    send(record, signal)
  }
  const timer = isHeard ? undefined : setInterval(look, handlerPause)
  return { yet: () => isHeard, end: () => clearInterval(timer) }
}

function send({ state: { pid, startTime } }: ContainerRecord, signal: string): void {
  if (!isAlive({ pid, startTime })) return
  try {
    process.kill(pid, signalNumber(signal))
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

/** Not even SIGKILL ends a process before the kernel's own work for it is done, such as a read of a lost NFS server. */
async function killed({ id, state: { pid } }: ContainerRecord, ended: Promise<number>): Promise<void> {
  if ((await within(ended, killDeadline)) !== undefined) return
  throw new ComposeError(
    'deadline_exceeded',
    `cannot kill container: ${id}: tried to kill container, but did not receive an exit event`,
    { hint: `process ${pid} does not end${stateOf(pid)}; the container counts as running until it does` },
  )
}

/** Of proc_pid_stat(5), as words. */
function stateOf(pid: number): string {
  try {
    const state = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
    return state === 'D' ? ': it waits for a disk, a network file system or a freezer (state D)' : ` (state ${state})`
  } catch {
    return ''
  }
}

function signalFor({ id }: ContainerRecord, signal: string): number {
  try {
    return signalNumber(signal)
  } catch (cause) {
    throw new ComposeError('invalid_argument', `cannot kill container: ${id}: invalid signal: ${signal}`, { cause })
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
