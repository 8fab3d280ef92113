// Walks a plan: a node starts when all it waits for is done and a slot is free. It decides nothing.
// INVARIANTS: the first failure aborts the shared signal before its node settles, so no dependent of it ever starts;
// execute() settles only when every node that was started has settled, so nothing goes on behind the caller's back.
import { ComposeError } from '../../shared/errors.ts'
import { describe, type Operation, type Plan } from '../plan/plan.ts'

export interface ExecuteOptions {
  run(operation: Operation, signal: AbortSignal): Promise<void>
  /** How many operations may be under way at once; waiting for a condition is not counted. */
  parallel: number
  signal?: AbortSignal | undefined
}

/** Throws the error of the node that failed first. */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<void> {
  const abort = new AbortController()
  const signal = options.signal ? AbortSignal.any([abort.signal, options.signal]) : abort.signal
  const open = plan.map(({ after }) => new Set(after).size)
  const dependents: number[][] = plan.map(() => [])
  for (const { id, after } of plan) for (const before of new Set(after)) dependents[before]?.push(id)

  // What costs nothing goes first: a reader learns at once what stays as it is.
  const free = plan.filter(({ id }) => open[id] === 0)
  const ready = [
    ...free.filter(({ operation }) => isWaiting(operation)),
    ...free.filter(({ operation }) => !isWaiting(operation)),
  ].map(({ id }) => id)
  let failure: { error: unknown } | undefined
  let busy = 0
  let underWay = 0
  let done = 0
  await new Promise<void>(resolve => {
    const pump = () => {
      while (ready.length > 0 && !signal.aborted) {
        const at = ready.findIndex(id => busy < options.parallel || isWaiting(plan[id]?.operation))
        if (at < 0) return
        const [id = 0] = ready.splice(at, 1)
        start(id)
      }
      if (underWay === 0) resolve()
    }
    const start = (id: number) => {
      const node = plan[id]
      if (!node) return
      const slot = isWaiting(node.operation) ? 0 : 1
      busy += slot
      underWay++
      const settle = () => {
        busy -= slot
        underWay--
        pump()
      }
      options.run(node.operation, signal).then(
        () => {
          done++
          for (const next of dependents[id] ?? []) {
            const left = (open[next] ?? 0) - 1
            open[next] = left
            if (left === 0) ready.push(next)
          }
          settle()
        },
        (error: unknown) => {
          failure ??= { error }
          abort.abort()
          settle()
        },
      )
    }
    signal.addEventListener('abort', () => underWay === 0 && resolve(), { once: true })
    pump()
  })
  if (options.signal?.aborted) throw new ComposeError('canceled', 'canceled', { cause: failure?.error })
  if (failure) throw failure.error
  if (done < plan.length) {
    const stuck = plan.filter(({ id }) => (open[id] ?? 0) > 0).map(({ operation }) => describe(operation))
    throw new ComposeError('internal', `the plan goes in a circle: ${stuck.join(', ')}`)
  }
}

function isWaiting(operation: Operation | undefined): boolean {
  return operation?.type === 'wait' || operation?.type === 'gate' || operation?.type === 'report'
}
