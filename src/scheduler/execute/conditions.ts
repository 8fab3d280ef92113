// When a container counts as healthy, completed or ready, and the sentences for when it never will.
// One look at the container decides; the next look comes when an event says that something happened to it, or when it
// must have run for a while.

import type { Docker } from '../../docker/client/docker.ts'
import type { ContainerInspectResponse } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { watchContainers } from '../follow/engine-events.ts'
import type { OperationOf } from '../plan/plan.ts'

/** What a look says: not yet, as wanted with the verb to show, or never. */
export type Verdict =
  /** `again`: milliseconds to the next look, if nothing happens before. */
  { is: 'pending'; again?: number } | { is: 'met'; verb: 'Healthy' | 'Exited' } | { is: 'failed'; error: ComposeError }

type Wait = Pick<OperationOf<'wait'>, 'condition' | 'service' | 'purpose'>

/**
 * What --wait calls ready without a health check must have run for so long: a program that fails fails mostly at once.
 * Docker Compose takes its first look after that time.
 */
const settling = 500

/** `ranFor`: milliseconds since the container's start. */
export function judge(
  container: ContainerInspectResponse,
  wait: Wait,
  ranFor: number = Number.POSITIVE_INFINITY,
): Verdict {
  const name = (container.Name ?? '').replace(/^\//, '')
  const state = container.State
  const health = state?.Health?.Status
  const exitCode = state?.ExitCode ?? 0
  const never = (text: string) => ({ is: 'failed', error: new ComposeError('failed_precondition', text) }) as const
  const prefix =
    wait.purpose === 'dependency' && wait.condition === 'service_healthy' ? 'dependency failed to start: ' : ''

  if (wait.condition === 'service_completed_successfully') {
    if (state?.Status !== 'exited' && state?.Status !== 'dead') return { is: 'pending' }
    if (exitCode === 0) return { is: 'met', verb: 'Exited' }
    return never(`service "${wait.service}" didn't complete successfully: exit ${exitCode}`)
  }
  const isOver = state?.Status === 'exited' || state?.Status === 'dead'
  // A migration or a seed has done what it is for.
  if (isOver && exitCode === 0 && wait.purpose === 'ready') return { is: 'met', verb: 'Exited' }
  if (isOver) return never(`${prefix}container ${name} exited (${exitCode})`)
  if (!state?.Running) return { is: 'pending' }
  const checked = health !== undefined && health !== 'none'
  if (!checked) {
    if (wait.condition === 'service_healthy') return never(`${prefix}container ${name} has no healthcheck configured`)
    if (wait.purpose === 'ready' && ranFor < settling) return { is: 'pending', again: settling - ranFor }
    return { is: 'met', verb: 'Healthy' }
  }
  if (health === 'healthy') return { is: 'met', verb: 'Healthy' }
  return health === 'unhealthy' ? never(`${prefix}container ${name} is unhealthy`) : { is: 'pending' }
}

export interface ConditionWatch {
  /** Settles with the verb when met, throws when it never will be. Takes an id or a name. */
  until(id: string, wait: Wait, signal: AbortSignal): Promise<'Healthy' | 'Exited'>
  dispose(): void
}

/** One event stream for all waits; it is opened before the first look, so nothing falls between the two. */
export function conditionWatch(docker: Docker, projectName: string): ConditionWatch {
  const stop = new AbortController()
  const changed = new Map<string, Set<() => void>>()
  let opened: Promise<unknown> | undefined
  const open = async () => {
    const events = await watchContainers(
      docker,
      projectName,
      ({ id, name, action }) => {
        if (/^(start|die|stop|kill|oom|destroy|health_status)/.test(action))
          for (const wake of [...(changed.get(id) ?? []), ...(changed.get(name) ?? [])]) wake()
      },
      stop.signal,
    )
    // Without events nobody would wake the waiting.
    events.ended.then(
      () => stop.abort(),
      () => stop.abort(),
    )
  }
  return {
    async until(id, wait, callerSignal) {
      opened ??= open()
      await opened
      const signal = AbortSignal.any([callerSignal, stop.signal])
      let news = true
      let wake = () => {}
      const onChange = () => {
        news = true
        wake()
      }
      let timer: NodeJS.Timeout | undefined
      const age = runningFor()
      const listeners = changed.get(id) ?? new Set()
      changed.set(id, listeners.add(onChange))
      try {
        while (true) {
          signal.throwIfAborted()
          if (news) {
            news = false
            const container = await docker.getContainer(id).inspect({ abortSignal: signal })
            const verdict = judge(container, wait, age(container.State?.StartedAt ?? ''))
            if (verdict.is === 'met') return verdict.verb
            if (verdict.is === 'failed') throw verdict.error
            clearTimeout(timer)
            if (verdict.again !== undefined) timer = setTimeout(onChange, verdict.again)
            continue
          }
          await new Promise<void>((resolve, reject) => {
            wake = resolve
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          })
        }
      } catch (error) {
        if (!signal.aborted) throw error
        const why = callerSignal.aborted ? 'canceled' : 'unavailable'
        throw new ComposeError(why, why === 'canceled' ? 'canceled' : "the engine's event stream ended", {
          cause: error,
        })
      } finally {
        clearTimeout(timer)
        listeners.delete(onChange)
      }
    },
    dispose: () => stop.abort(),
  }
}

/** By the engine's clock or by ours since the first look, whichever says longer: the engine may be another machine. */
function runningFor(): (startedAt: string) => number {
  let first = { startedAt: '', seen: 0 }
  return startedAt => {
    const now = Date.now()
    if (first.startedAt !== startedAt) first = { startedAt, seen: now }
    return Math.max(now - Date.parse(startedAt), now - first.seen)
  }
}
