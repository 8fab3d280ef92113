// The plans of start, stop, restart, kill, pause and unpause: they act on containers that are there and create none.
import type { Dependency, Hook } from '../../model/attributes/shapes/lifecycle.ts'
import { ComposeError } from '../../shared/errors.ts'
import { type DependencyGraph, dependentsOf, inDependencyOrder } from '../observe/graph.ts'
import { isActive, type ObservedContainer } from '../observe/observe.ts'
import { type Planned, type ProviderRun, planBuilder } from './plan.ts'
import { planStarts, type StartOptions, type StartTarget } from './plan-starts.ts'

export interface VerbOptions {
  graph: DependencyGraph
  /** Empty: all of the graph. */
  services: readonly string[]
  timeout?: number | undefined
  hooksOf?: (service: string, kind: 'postStart' | 'preStop') => Hook[]
  stepsOf?: StartOptions['stepsOf']
  /** It has no containers. */
  hasProvider?: (service: string) => boolean
  /** How the provider of a service is stopped, where it has one that can be. */
  providerStop?: (service: string) => ProviderRun | undefined
}

export function planStart(containers: readonly ObservedContainer[], options: VerbOptions & { wait: boolean }): Planned {
  const builder = planBuilder()
  const wanted = withDependencies(options.graph, options.services)
  const targets = new Map<string, StartTarget[]>()
  for (const name of inDependencyOrder(options.graph)) {
    if (!wanted.has(name) || options.hasProvider?.(name)) continue
    const own = containersOf(containers, name)
    if (own.length === 0) throw new ComposeError('not_found', `service "${name}" has no container to start`)
    targets.set(
      name,
      own.map(container => ({
        container,
        running: container.state === 'running',
        fresh: container.state === 'created',
      })),
    )
  }
  planStarts(builder, options.graph, targets, {
    gate: undefined,
    wait: options.wait,
    hooksOf: name => options.hooksOf?.(name, 'postStart') ?? [],
    ...(options.stepsOf ? { stepsOf: options.stepsOf } : {}),
  })
  return { plan: builder.plan, warnings: [], consents: [] }
}

/** Containers that have ended are reported too, as Docker Compose does; dependents go first. */
export function planStop(containers: readonly ObservedContainer[], options: VerbOptions): Planned {
  const builder = planBuilder()
  const wanted = new Set(options.services.length > 0 ? options.services : Object.keys(options.graph))
  const stopped = new Map<string, number[]>()
  for (const name of inDependencyOrder(options.graph).reverse()) {
    const before = dependentsOf(options.graph, name).flatMap(dependent => stopped.get(dependent) ?? [])
    const own = wanted.has(name) ? containersOf(containers, name) : []
    const nodes = own.map(container => {
      const idle = !isActive(container)
      const hooks = options.hooksOf?.(name, 'preStop') ?? []
      return builder.add(
        { type: 'stopContainer', container, service: name, timeout: options.timeout, hooks, idle },
        'stop',
        before,
      )
    })
    const run = wanted.has(name) ? options.providerStop?.(name) : undefined
    if (run) nodes.push(builder.add({ type: 'runProvider', ...run }, 'stop', before))
    // What is not stopped itself hands on what it would have waited for.
    stopped.set(name, nodes.length > 0 ? nodes : before)
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

/**
 * Only dependencies that ask for it (`restart: true`) give an order and are waited for, all others restart at once; a
 * named service takes along the dependents that ask for it.
 */
export function planRestart(
  containers: readonly ObservedContainer[],
  options: VerbOptions & { noDependents: boolean },
): Planned {
  const builder = planBuilder()
  const named = options.services.length > 0
  const wanted = new Set(named ? options.services : Object.keys(options.graph))
  const order = inDependencyOrder(options.graph)
  const leadersOf = (name: string) =>
    Object.entries(options.graph[name] ?? {}).filter(([leader, { restart }]) => restart && wanted.has(leader))
  if (named && !options.noDependents) for (const name of order) if (leadersOf(name).length > 0) wanted.add(name)

  const restarted = new Map<string, number[]>()
  const waits = new Map<string, number[]>()
  const satisfied = (leader: string, { condition, required }: Dependency) => {
    const restarts = restarted.get(leader) ?? []
    if (condition === 'service_started') return restarts
    const key = `${leader} ${condition} ${required}`
    const nodes =
      waits.get(key) ??
      containersOf(containers, leader).map(container =>
        builder.add(
          { type: 'wait', container, service: leader, condition, required, purpose: 'dependency' },
          'a service depends on it',
          restarts,
        ),
      )
    waits.set(key, nodes)
    return nodes
  }
  for (const name of order.filter(one => wanted.has(one))) {
    const before = leadersOf(name).flatMap(([leader, dependency]) => satisfied(leader, dependency))
    const preStop = options.hooksOf?.(name, 'preStop') ?? []
    const postStart = options.hooksOf?.(name, 'postStart') ?? []
    const nodes = containersOf(containers, name).map(container =>
      builder.add(
        { type: 'restartContainer', container, service: name, timeout: options.timeout, preStop, postStart },
        'restart',
        before,
      ),
    )
    restarted.set(name, nodes)
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

export function planKill(containers: readonly ObservedContainer[], signal: string): Planned {
  const builder = planBuilder()
  for (const container of containers) {
    if (isActive(container)) builder.add({ type: 'killContainer', container, signal }, 'kill')
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

/** Whatever runs, paused or not: the engine refuses what is so already, by its name. */
export function planPause(
  containers: readonly ObservedContainer[],
  { graph, services }: VerbOptions,
  type: 'pauseContainer' | 'unpauseContainer',
): Planned {
  const builder = planBuilder()
  const wanted = services.length > 0 ? services : Object.keys(graph)
  for (const name of wanted) {
    for (const container of containersOf(containers, name))
      if (isActive(container)) builder.add({ type, container }, type === 'pauseContainer' ? 'pause' : 'unpause')
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}

function containersOf(containers: readonly ObservedContainer[], service: string): ObservedContainer[] {
  return containers.filter(container => container.service === service && !container.oneOff)
}

function withDependencies(graph: DependencyGraph, services: readonly string[]): Set<string> {
  const wanted = new Set<string>()
  const add = (name: string) => {
    if (wanted.has(name) || !graph[name]) return
    wanted.add(name)
    for (const dependency of Object.keys(graph[name])) add(dependency)
  }
  for (const name of services.length > 0 ? services : Object.keys(graph)) add(name)
  return wanted
}
