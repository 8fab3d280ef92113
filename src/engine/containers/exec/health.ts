// Health checks. INVARIANTS: one loop per running container, started after its start and ended with it; probes of
// one container never overlap; the record is saved when the status changes.
// Until a container is healthy for the first time it is also probed between the times its interval says: whoever waits
// for it need not wait for the rest of an interval. Such early probes only ever say that it is healthy.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Own } from '../../../docker/protocol/own-names.ts'
import type { HealthConfig } from '../../../docker/protocol/types.ts'
import { earlyProbesLabel } from '../../../shared/early-probes.ts'
import { isExiting } from '../../../shared/processes.ts'
import type { EventBus } from '../../events/bus.ts'
import { containerEvent } from '../events.ts'
import type { ContainerRecord, HealthRecord, ProbeResult } from '../record.ts'
import type { Registry } from '../registry.ts'
import type { Execs } from './execs.ts'

export interface HealthChecks {
  /** Begins with a container that has just started; `adopted` keeps the status an earlier engine left. */
  watch(record: ContainerRecord, adopted?: boolean): void
  forget(record: ContainerRecord): void
}

/** Milliseconds: between early probes, growing, and long against what a probe takes. */
const firstEarlyPause = 100
const longestEarlyPause = 500
const nextEarlyPause = (pause: number, took: number) => Math.max(Math.min(longestEarlyPause, pause * 1.5), 3 * took)

const keptResults = 5
const keptOutput = 4096

export function createHealthChecks(execs: Execs, registry: Registry, events: EventBus): HealthChecks {
  const loops = new Map<string, AbortController>()
  return {
    watch(record, adopted = false) {
      const early = record.config.labels?.[earlyProbesLabel] !== 'false'
      const plan = probePlan(record.config.healthcheck, record.config.shell ?? undefined, early)
      if (!plan) {
        record.health = undefined
        return
      }
      if (!adopted || !record.health) record.health = { status: 'starting', failingStreak: 0, log: [] }
      registry.keep(record)
      const loop = new AbortController()
      loops.get(record.id)?.abort()
      loops.set(record.id, loop)
      const { health } = record
      const left = adopted ? execs.endProbes(record) : Promise.resolve()
      // What an earlier engine left must not keep the container from being checked.
      void left.catch(() => {}).then(() => run(record, health, plan, loop.signal))
    },
    forget(record) {
      loops.get(record.id)?.abort()
      loops.delete(record.id)
    },
  }

  async function run(
    record: ContainerRecord,
    health: HealthRecord,
    plan: ProbePlan,
    signal: AbortSignal,
  ): Promise<void> {
    const startedAt = Date.parse(record.state.startedAt)
    const regularPause = () =>
      health.status === 'starting' && Date.now() - startedAt < plan.startPeriod ? plan.startInterval : plan.interval
    let due = Date.now() + regularPause()
    let earlyPause = firstEarlyPause
    while (!signal.aborted) {
      const left = due - Date.now()
      const isEarly = plan.early && health.status === 'starting' && earlyPause < left
      await sleep(isEarly ? earlyPause : left, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      const began = Date.now()
      const result = record.state.status === 'running' ? await probe(record, plan, signal) : undefined
      if (isEarly) earlyPause = nextEarlyPause(earlyPause, Date.now() - began)
      else due = Date.now() + regularPause()
      // What is said of a container that is ending by now is no word on its health.
      if (!result || signal.aborted || isExiting(record.state)) continue
      const counts = !isEarly && !(Date.parse(result.start) - startedAt < plan.startPeriod)
      note(record, health, plan, result, counts)
    }
  }

  function note(
    record: ContainerRecord,
    health: HealthRecord,
    plan: ProbePlan,
    result: ProbeResult,
    /** A failure makes it unhealthy in time; false: early, or in the start period. */
    counts: boolean,
  ): void {
    health.log = [...health.log, result].slice(-keptResults)
    const before = health.status
    if (result.exitCode === 0) {
      health.failingStreak = 0
      health.status = 'healthy'
    } else if (counts || before !== 'starting') {
      health.failingStreak++
      if (health.failingStreak >= plan.retries) health.status = 'unhealthy'
    }
    registry.keep(record)
    if (health.status !== before) containerEvent(events, record, `health_status: ${health.status}`)
  }

  async function probe(
    record: ContainerRecord,
    { argv, timeout }: ProbePlan,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const start = new Date().toISOString()
    const done = (exitCode: number, output: string): ProbeResult => ({
      start,
      end: new Date().toISOString(),
      exitCode,
      output,
    })
    try {
      const running = execs.probe(record, { cmd: argv })
      let output = ''
      for (const { source } of running.outputs) {
        source.on('data', (chunk: Buffer) => {
          if (output.length < keptOutput) output += chunk.toString('utf8').slice(0, keptOutput - output.length)
        })
      }
      const stop = () => running.kill()
      signal.addEventListener('abort', stop)
      const timer = setTimeout(stop, timeout)
      const began = Date.now()
      const { exitCode, complaint } = await running.exited
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      if (Date.now() - began >= timeout)
        return done(-1, `Health check exceeded timeout (${timeout / 1000}s)${output && `: ${output}`}`)
      return done(exitCode, complaint ?? output)
    } catch (error) {
      return done(-1, String(error))
    }
  }
}

interface ProbePlan {
  argv: string[]
  /** Milliseconds. */
  interval: number
  timeout: number
  startPeriod: number
  startInterval: number
  retries: number
  early: boolean
}

/** Docker Engine's defaults; undefined when there is nothing to check. */
export function probePlan(
  config: Own<HealthConfig> | undefined,
  shell: readonly string[] | undefined,
  early = true,
): ProbePlan | undefined {
  const [kind, ...words] = config?.test ?? []
  if (!config || kind === undefined || kind === 'NONE') return undefined
  const milliseconds = (nanoseconds: number | undefined, fallback: number) =>
    nanoseconds ? nanoseconds / 1e6 : fallback
  return {
    argv:
      kind === 'CMD-SHELL' ? [...(shell ?? ['/bin/sh', '-c']), ...words] : kind === 'CMD' ? words : [kind, ...words],
    interval: milliseconds(config.interval, 30_000),
    timeout: milliseconds(config.timeout, 30_000),
    startPeriod: milliseconds(config.startPeriod, 0),
    startInterval: milliseconds(config.startInterval, 5_000),
    retries: config.retries || 3,
    early,
  }
}
