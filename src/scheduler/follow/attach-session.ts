// Follows the containers of a project from their start to their end: output, exits, restarts.
// INVARIANTS: it listens to events before anything starts, so no start is missed; a container's output of one run is
// read from where its last run ended, so no line is lost or doubled; its exit is told after its last line. When the
// engine ends, `revive` brings it back and everything goes on from what was last seen.

import type { LogOptions } from '../../docker/client/container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { isConnectionLost } from '../../docker/client/http.ts'
import type { ContainerState } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { labels, ofProject } from '../observe/labels.ts'
import { finalName } from '../plan/plan-interrupted.ts'
import { containerLog, secondsOf } from './container-log.ts'
import { type ContainerEvent, watchContainers } from './engine-events.ts'
import { isUnreadable, type OnLine } from './log-streams.ts'

export interface AttachOptions {
  projectName: string
  /** Containers whose end the session waits for, also those that another command makes. Never those of `run`. */
  monitored(container: Followed): boolean
  /** Containers whose output is shown. */
  attached(container: Followed): boolean
  timestamps?: boolean | undefined
  signal: AbortSignal
  /** Settles when an engine that was lost answers again; without it a loss is an error. */
  revive?: (() => Promise<void>) | undefined
  onLine(container: Followed, line: string, stream: 'stdout' | 'stderr'): void
  onExit(container: Followed, exitCode: number, restarting: boolean): void
  /** The container's logging driver keeps nothing that could be read; its end is still told. */
  onUnreadable(container: Followed, error: ComposeError): void
}

export interface Followed {
  name: string
  service: string
}

export type LogWindow = Pick<LogOptions, 'since' | 'until' | 'tail' | 'history'>

export interface AttachSession {
  /** To be called for containers that run already; without a window only what they write from now on is shown. */
  follow(container: Followed & { id: string }, window?: LogWindow): void
  /** To be called for what has ended already: what it wrote in that life is not shown again. */
  seen(container: { id: string }): Promise<void>
  /** To be called before each start that is waited for. */
  starting(container: Followed & { id?: string }): Promise<void>
  /** Settles when all monitored containers that ever ran have ended; call it once everything was started. */
  ended(): Promise<void>
  close(): Promise<void>
}

export async function attachSession(docker: Docker, options: AttachOptions): Promise<AttachSession> {
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, options.signal])
  /** Container id to the end of its last run. */
  const lastEnd = new Map<string, string>()
  const output = new Map<string, Promise<void>>()
  const telling = new Map<string, Promise<void>>()
  const live = new Set<string>()
  /** Those of them whose end has not been heard of. */
  const running = new Set<string>()
  /** Made in place of a monitored container by somebody else's command, and not started yet. */
  const coming = new Set<string>()
  let waitedFor = false
  let whenEmpty = () => {}
  /** Names of containers that are told to start, and whose start has not been heard of yet. */
  const announced = new Set<string>()
  const isEmpty = () => live.size === 0 && coming.size === 0 && announced.size === 0
  let reviving: Promise<void> | undefined

  /** Runs `act` until it ends by itself, again after each loss of the engine. */
  const surviving = async (act: () => Promise<void>) => {
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (signal.aborted) return
        if (!options.revive || !isConnectionLost(error)) throw error
        reviving ??= options.revive().finally(() => {
          reviving = undefined
        })
        await reviving
      }
    }
  }

  const openLog = (id: string, container: Followed, from: LogWindow) => {
    live.add(id)
    running.add(id)
    if (!options.attached(container)) return
    const before = output.get(id) ?? Promise.resolve()
    const onLine: OnLine = (line, stream) => options.onLine(container, line, stream)
    const log = containerLog(docker, id, options.timestamps ?? false, onLine)
    const reading = before
      .then(() => surviving(() => log.read(from, signal)))
      .catch(error => {
        if (isUnreadable(error)) return options.onUnreadable(container, error)
        // A container that was removed meanwhile has no log to read any more.
        if (!signal.aborted && !(error instanceof ComposeError && error.code === 'not_found')) throw error
      })
    // Whoever waits for the end is told of it there.
    reading.catch(() => {})
    output.set(id, reading)
  }

  const onDie = async (
    { id, name, service, exitCode = 0, time }: ContainerEvent,
    written: Promise<void> | undefined,
  ) => {
    // A log that could not be read to its end is told by ended(); the container's end is true all the same.
    await written?.catch(() => {})
    let state: ContainerState | undefined
    await surviving(async () => {
      state = (await docker.getContainer(id).inspect({ abortSignal: signal })).State
    }).catch(() => {})
    const restarting = state?.Restarting === true || (state?.Running === true && lastEnd.get(id) === after(time))
    if (options.attached({ name, service })) options.onExit({ name, service }, exitCode, restarting)
    if (restarting || state?.Running) return
    gone(id)
  }

  /** What is told of one container is told in the order of its events. */
  const inTurn = (id: string, act: () => Promise<void>) => {
    const turn = (telling.get(id) ?? Promise.resolve()).then(act).catch(() => {})
    telling.set(id, turn)
  }

  const gone = (id: string) => {
    live.delete(id)
    if (isEmpty()) whenEmpty()
  }

  /** One that was to come back is stopped or removed without a further end. */
  const onCalledOff = async ({ id }: ContainerEvent) => {
    let state: ContainerState | undefined
    await surviving(async () => {
      state = (await docker.getContainer(id).inspect({ abortSignal: signal })).State
    }).catch(() => {})
    if (state?.Running || state?.Restarting) return
    await output.get(id)
    gone(id)
  }

  const onEvent = (event: ContainerEvent) => {
    const { id, action } = event
    if (event.oneOff || !options.monitored({ name: finalName(event.name), service: event.service })) return
    if (action === 'create' && waitedFor) coming.add(id)
    if (action === 'start') {
      announced.delete(finalName(event.name))
      openLog(id, event, sinceOf(lastEnd.get(id)))
      coming.delete(id)
    }
    if (action === 'die') {
      running.delete(id)
      lastEnd.set(id, after(event.time))
      const written = output.get(id)
      inTurn(id, () => onDie(event, written))
    }
    // Docker Engine may tell of the stop before it tells of the end.
    if ((action === 'stop' && !running.has(id)) || action === 'destroy') inTurn(id, () => onCalledOff(event))
    if (action === 'destroy' && coming.delete(id) && isEmpty()) whenEmpty()
  }
  /** What ended or began while nobody listened. */
  const catchUp = async () => {
    const all = await docker.listContainers({
      all: true,
      filters: { label: [ofProject(options.projectName)] },
      abortSignal: signal,
    })
    for (const { Id: id = '', Names = [], State, Labels = {} } of all) {
      const name = (Names[0] ?? '').replace(/^\//, '')
      const container = { name, service: Labels[labels.service] ?? '' }
      if (Labels[labels.oneOff] === 'True' || !options.monitored(container)) continue
      if (State === 'running') announced.delete(name)
      if (State === 'running' && !live.has(id)) openLog(id, container, sinceOf(lastEnd.get(id)))
      if (State === 'running' || !(live.has(id) || announced.has(name))) continue
      const { State: state } = await docker.getContainer(id).inspect({ abortSignal: signal })
      const time = secondsOf(state?.FinishedAt ?? '')
      if (!live.has(id)) {
        // It was told to start: only an end that is new means that it did.
        if (State !== 'exited' || lastEnd.get(id) === after(time)) continue
        announced.delete(name)
        openLog(id, container, sinceOf(lastEnd.get(id)))
      }
      onEvent({ id, ...container, oneOff: false, action: 'die', exitCode: state?.ExitCode, time })
    }
    for (const ids of [live, running, coming])
      for (const id of ids) if (!all.some(({ Id }) => Id === id)) ids.delete(id)
    if (isEmpty()) whenEmpty()
  }

  const seen = async ({ id }: { id: string }) => {
    if (lastEnd.has(id)) return
    const { State } = await docker.getContainer(id).inspect({ abortSignal: signal })
    const finished = Date.parse(State?.FinishedAt ?? '')
    if (finished > 0) lastEnd.set(id, after(secondsOf(State?.FinishedAt ?? '')))
  }

  const listen = () => watchContainers(docker, options.projectName, onEvent, signal)
  let events: Awaited<ReturnType<typeof listen>> | undefined = await listen()
  const listening = surviving(async () => {
    if (!events) {
      events = await listen()
      await catchUp()
    }
    const { ended } = events
    await ended.finally(() => {
      events = undefined
    })
    if (signal.aborted || isEmpty()) return
    throw new ComposeError('unavailable', "the engine's event stream ended", { cause: new Error('end of stream') })
  })
  listening.catch(() => {})

  return {
    follow: ({ id, ...container }, window = { tail: 0 }) => openLog(id, container, window),
    seen,
    async starting({ id, ...container }) {
      if (options.monitored(container)) announced.add(container.name)
      if (id !== undefined) await seen({ id })
    },
    async ended() {
      waitedFor = true
      if (!isEmpty()) await Promise.race([new Promise<void>(resolve => (whenEmpty = resolve)), listening])
      await Promise.all(output.values())
    },
    async close() {
      stop.abort()
      await Promise.allSettled(output.values())
    },
  }
}

function sinceOf(since: string | undefined): { since?: string } {
  return since === undefined ? {} : { since }
}

/** One nanosecond later: `since` includes its own moment. */
function after(time: string): string {
  const [seconds = '0', nanos = '0'] = time.split('.')
  const next = BigInt(seconds) * 1_000_000_000n + BigInt(nanos.padEnd(9, '0')) + 1n
  return `${next / 1_000_000_000n}.${String(next % 1_000_000_000n).padStart(9, '0')}`
}
