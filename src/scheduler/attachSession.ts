// Follows the containers of a project from their start to their end: output, exits, restarts.
// INVARIANTS: it listens to events before anything starts, so no start is missed; a container's output of one run is
// read from where its last run ended, so no line is lost or doubled; its exit is told after its last line.

import type { LogOptions } from '../engine/client/container.ts'
import type { Docker } from '../engine/client/docker.ts'
import { ComposeError } from '../shared/errors.ts'
import { type ContainerEvent, watchContainers } from './engineEvents.ts'
import { streamLines } from './logStreams.ts'

export interface AttachOptions {
  projectName: string
  /** Names of containers whose end the session waits for. */
  monitored: ReadonlySet<string>
  /** Names of containers whose output is shown. */
  attached: ReadonlySet<string>
  timestamps?: boolean | undefined
  signal: AbortSignal
  onLine(name: string, line: string, stream: 'stdout' | 'stderr'): void
  onExit(name: string, exitCode: number, restarting: boolean): void
}

export type LogWindow = Pick<LogOptions, 'since' | 'until' | 'tail'>

export interface AttachSession {
  /** To be called for containers that run already; without a window only what they write from now on is shown. */
  follow(container: { id: string; name: string }, window?: LogWindow): void
  /** To be called before a container that is there already is started again. */
  starting(container: { id?: string; name: string }): Promise<void>
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
  const live = new Set<string>()
  let whenEmpty = () => {}

  const openLog = (id: string, name: string, from: LogWindow) => {
    live.add(id)
    if (!options.attached.has(name)) return
    const before = output.get(id) ?? Promise.resolve()
    const read = async () => {
      await before
      await streamLines(
        docker,
        id,
        { follow: true, timestamps: options.timestamps, abortSignal: signal, ...from },
        (line, stream) => options.onLine(name, line, stream),
      )
    }
    output.set(
      id,
      read().catch(error => {
        // A container that was removed meanwhile has no log to read any more.
        if (!signal.aborted && !(error instanceof ComposeError && error.code === 'not_found')) throw error
      }),
    )
  }

  const onDie = async ({ id, name, exitCode = 0, time }: ContainerEvent) => {
    lastEnd.set(id, after(time))
    await output.get(id)
    const state = await docker
      .getContainer(id)
      .inspect({ abortSignal: signal })
      .then(({ State }) => State)
      .catch(() => undefined)
    const restarting = state?.Restarting === true || (state?.Running === true && lastEnd.get(id) === after(time))
    if (options.attached.has(name)) options.onExit(name, exitCode, restarting)
    if (restarting || state?.Running) return
    live.delete(id)
    if (live.size === 0) whenEmpty()
  }

  const onEvent = (event: ContainerEvent) => {
    if (!options.monitored.has(event.name)) return
    if (event.action === 'start') openLog(event.id, event.name, sinceOf(lastEnd.get(event.id)))
    if (event.action === 'die') onDie(event).catch(() => {})
  }
  const events = await watchContainers(docker, options.projectName, onEvent, signal)

  return {
    follow: ({ id, name }, window = { tail: 0 }) => openLog(id, name, window),
    async starting({ id }) {
      if (id === undefined || lastEnd.has(id)) return
      const { State } = await docker.getContainer(id).inspect({ abortSignal: signal })
      const finished = Date.parse(State?.FinishedAt ?? '')
      if (finished > 0) lastEnd.set(id, secondsOf(State?.FinishedAt ?? ''))
    },
    async ended() {
      // A start that has just been made may still be on its way here.
      if (live.size === 0) await new Promise(resolve => setTimeout(resolve, 50))
      if (live.size > 0) await Promise.race([new Promise<void>(resolve => (whenEmpty = resolve)), events.ended])
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

/** `2026-11-21T12:00:00.123456789Z` as seconds with nanoseconds. */
function secondsOf(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0'
  return after(`${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, '0')}`)
}
