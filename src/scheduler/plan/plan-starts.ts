// Starting in dependency order: each start waits for what depends_on asks of the dependency. Shared by up and start.
import type { Hook } from '../../model/attributes/shapes/lifecycle.ts'
import type { ContainerDraft, ContainerRef } from '../border/draft.ts'
import { type DependencyGraph, inDependencyOrder } from '../observe/graph.ts'
import type { PlanBuilder } from './plan.ts'

export interface StartTarget {
  container: ContainerRef
  running: boolean
  /** It is not to run again. */
  done?: boolean
  /** It has never run. */
  fresh?: boolean
  /** It is to be made beside one that runs until it is ready. */
  exchange?: Exchange
  /** A node of its own that must be done before its start. */
  after?: number | undefined
}

export interface Exchange {
  draft: ContainerDraft
  old: ContainerRef
  timeout: number | undefined
  preStop: Hook[]
  /** Why it is made. */
  cause: string
  /** What it needs besides what all starts wait for. */
  after: readonly (number | undefined)[]
}

export interface StartOptions {
  /** Done before any start. */
  gate: number | undefined
  /** --wait: everything is waited for in the end. */
  wait: boolean
  hooksOf(service: string): Hook[]
  /** The steps of pre_start: of the service once, or of one container. */
  stepsOf?(service: string, container: ContainerRef | undefined): ContainerDraft[]
}

/** Gives the nodes after which what a service depends on is as it wants it. */
export function planStarts(
  builder: PlanBuilder,
  graph: DependencyGraph,
  targets: ReadonlyMap<string, StartTarget[]>,
  options: StartOptions,
): (service: string) => number[] {
  const started = new Map<string, number[]>()
  const waits = new Map<string, number[]>()

  /** Nodes after which the dependency is as wanted. */
  const satisfied = (
    name: string,
    condition: 'service_started' | 'service_healthy' | 'service_completed_successfully',
    required: boolean,
  ) => {
    const starts = started.get(name) ?? []
    if (condition === 'service_started') return starts
    const key = `${name} ${condition} ${required}`
    const known = waits.get(key)
    if (known) return known
    const nodes = (targets.get(name) ?? []).map(({ container }) =>
      builder.add(
        { type: 'wait', container, service: name, condition, required, purpose: 'dependency' },
        'a service depends on it',
        [options.gate, ...starts],
      ),
    )
    waits.set(key, nodes)
    return nodes
  }

  const readyFor = (service: string) =>
    Object.entries(graph[service] ?? {}).flatMap(([dependency, { condition, required }]) =>
      satisfied(dependency, condition, required),
    )

  const order = inDependencyOrder(graph)
  for (const name of order) {
    const own = targets.get(name) ?? []
    const starting = own.filter(({ running, done }) => !running && !done)
    const before = starting.length > 0 ? readyFor(name) : []
    // Where one has run already the service is prepared: more of them need nothing that is once for all.
    const prepared = own.some(({ fresh }) => !fresh)
      ? undefined
      : planSteps(builder, options, name, undefined, [options.gate, ...before])
    let exchanged: number | undefined
    const nodes = starting.map(({ container, after, fresh, exchange }) => {
      // One replica after the other, so that the others serve meanwhile.
      const waited = [options.gate, after, ...before, prepared, ...(exchange ? [exchanged] : [])]
      const own = fresh ? planSteps(builder, options, name, container, waited) : undefined
      const hooks = options.hooksOf(name)
      if (!exchange)
        return builder.add({ type: 'startContainer', container, service: name, hooks }, 'not running', [...waited, own])
      const { cause, after: needs, ...operation } = exchange
      exchanged = builder.add({ type: 'exchangeContainer', ...operation, postStart: hooks }, `${cause}, start-first`, [
        ...waited,
        ...needs,
        own,
      ])
      return exchanged
    })
    started.set(name, nodes)
  }
  if (!options.wait) return readyFor
  const starts = [...started.values()].flat()
  const all =
    starts.length > 1
      ? builder.add({ type: 'gate', name: 'started' }, 'the project is waited for as a whole', starts)
      : starts[0]
  for (const name of order) {
    const completes = Object.values(graph).some(
      dependencies => dependencies[name]?.condition === 'service_completed_successfully',
    )
    const condition = completes ? 'service_completed_successfully' : 'service_started'
    for (const { container } of targets.get(name) ?? []) {
      builder.add({ type: 'wait', container, service: name, condition, required: true, purpose: 'ready' }, '--wait', [
        all,
      ])
    }
  }
  return readyFor
}

/** One after the other. Gives the last node; undefined where there are none. */
function planSteps(
  builder: PlanBuilder,
  { stepsOf }: StartOptions,
  service: string,
  container: ContainerRef | undefined,
  after: readonly (number | undefined)[],
): number | undefined {
  let last: number | undefined
  for (const [index, draft] of (stepsOf?.(service, container) ?? []).entries())
    last = builder.add({ type: 'runStep', draft, index }, 'pre_start', last === undefined ? after : [last])
  return last
}
