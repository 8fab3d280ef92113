// Restart policies: no, always, unless-stopped, on-failure[:N], with Docker Engine's back-off: 100 ms, doubled each
// time up to a minute, from the beginning after ten seconds of running.
import type { ContainerRecord } from './record.ts'
import type { Registry } from './registry.ts'

export interface Restarts {
  /** Decides after an end, and starts again after the back-off. */
  ended(record: ContainerRecord, ranFor: number): void
  stop(): void
}

const firstDelay = 100
const longestDelay = 60_000
const goodRun = 10_000

export function createRestarts(registry: Registry, startAgain: (record: ContainerRecord) => Promise<void>): Restarts {
  const delays = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  return {
    ended(record, ranFor) {
      if (!shouldRestart(record)) {
        delays.delete(record.id)
        return
      }
      const delay = ranFor >= goodRun ? firstDelay : (delays.get(record.id) ?? firstDelay)
      delays.set(record.id, Math.min(delay * 2, longestDelay))
      record.state.status = 'restarting'
      registry.keep(record)
      const timer = setTimeout(async () => {
        timers.delete(record.id)
        // A start that fails leaves its reason in the record, as at a first start.
        await startAgain(record).catch(() => {})
      }, delay)
      timers.set(record.id, timer)
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

export function shouldRestart({ hostConfig, state, stoppedByRequest, restartCount }: ContainerRecord): boolean {
  const { Name, MaximumRetryCount = 0 } = hostConfig.RestartPolicy ?? {}
  if (stoppedByRequest) return false
  if (Name === 'always' || Name === 'unless-stopped') return true
  return Name === 'on-failure' && state.exitCode !== 0 && (MaximumRetryCount === 0 || restartCount < MaximumRetryCount)
}
