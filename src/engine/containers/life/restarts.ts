// Restart policies: no, always, unless-stopped, on-failure[:N], with Docker Engine's back-off: 100 ms, doubled each
// time up to a minute, from the beginning after ten seconds of running and after a start by hand.

import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'
import type { Lifecycle } from './lifecycle.ts'
import { shouldRestart } from './restart-policy.ts'

export interface Restarts {
  /** Decides after an end, and starts again after the back-off. `ranFor` in milliseconds. */
  ended(record: ContainerRecord, ranFor: number): void
  /** Starts again at once. A start that fails throws its reason, and is tried again after the back-off. */
  startNow(record: ContainerRecord, options: { counted: boolean }): Promise<void>
  /** Of a container that is removed. */
  forget(record: ContainerRecord): void
  stop(): void
}

const firstDelay = 100
const longestDelay = 60_000
const goodRun = 10_000

export function createRestarts(registry: Registry, startAgain: Lifecycle['startAgain']): Restarts {
  const delays = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  const restarts: Restarts = {
    ended(record, ranFor) {
      if (!shouldRestart(record)) {
        delays.delete(record.id)
        return
      }
      const anew = ranFor >= goodRun || record.restartCount === 0
      const delay = anew ? firstDelay : (delays.get(record.id) ?? firstDelay)
      delays.set(record.id, Math.min(delay * 2, longestDelay))
      record.state.status = 'restarting'
      registry.keep(record)
      // One of before a start by hand.
      clearTimeout(timers.get(record.id))
      const timer = setTimeout(() => {
        timers.delete(record.id)
        // The reason is in the record, too.
        restarts.startNow(record, { counted: true }).catch(() => {})
      }, delay)
      timers.set(record.id, timer)
    },

    async startNow(record, options) {
      try {
        await startAgain(record, options)
      } catch (error) {
        // What was missing, such as the container whose network it shares, may come.
        if (record.state.status === 'restarting') restarts.ended(record, 0)
        throw error
      }
    },

    forget({ id }) {
      clearTimeout(timers.get(id))
      timers.delete(id)
      delays.delete(id)
    },

    stop() {
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
  return restarts
}
