// Steps of a build, numbered as they begin, told of as they go.
import type { BuildEvent } from '../../docker/protocol/build-events.ts'
import { messageOf } from '../../shared/errors.ts'

export interface Progress {
  /** Runs `work` as a step; whether it was cached is known at its end. */
  step<T>(name: string, work: (step: RunningStep) => Promise<T>): Promise<T>
  warn(text: string): void
}

export interface RunningStep {
  output(stream: 'stdout' | 'stderr', text: string): void
  cached(): void
}

export function createProgress(report: (event: BuildEvent) => void, signal: AbortSignal): Progress {
  let count = 0
  return {
    async step(name, work) {
      const step = ++count
      const begun = performance.now()
      report({ type: 'begin', step, name })
      let failure: { error?: string } = {}
      let outcome: 'done' | 'cached' | 'canceled' | 'failed' = 'failed'
      try {
        let cached = false
        const result = await work({
          output: (stream, text) => report({ type: 'output', step, stream, text }),
          cached: () => {
            cached = true
          },
        })
        outcome = cached ? 'cached' : 'done'
        return result
      } catch (error) {
        if (signal.aborted) outcome = 'canceled'
        else failure = { error: messageOf(error) }
        throw error
      } finally {
        report({ type: 'end', step, outcome, seconds: (performance.now() - begun) / 1000, ...failure })
      }
    },
    warn: text => report({ type: 'warning', text }),
  }
}
