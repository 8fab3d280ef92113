// The plan of `rm`: containers that have ended go, with --stop those that run too.
import { dependentsOf, inDependencyOrder } from '../observe/graph.ts'
import { isActive, type ObservedContainer } from '../observe/observe.ts'
import { type Planned, planBuilder } from './plan.ts'
import type { VerbOptions } from './plan-verbs.ts'

export interface RemoveOptions extends VerbOptions {
  stop: boolean
  /** Anonymous volumes too. */
  volumes: boolean
}

/** What `rm` would remove: never the containers of `run`. */
export function removable(
  containers: readonly ObservedContainer[],
  { graph, services, stop }: RemoveOptions,
): ObservedContainer[] {
  const wanted = services.length > 0 ? services : Object.keys(graph)
  return containers.filter(
    container => wanted.includes(container.service) && !container.oneOff && (stop || !isActive(container)),
  )
}

/** Dependents stop first; what is removed has been stopped. */
export function planRemove(containers: readonly ObservedContainer[], options: RemoveOptions): Planned {
  const builder = planBuilder()
  const chosen = removable(containers, options)
  const stopped = new Map<string, number[]>()
  for (const name of inDependencyOrder(options.graph).reverse()) {
    const before = dependentsOf(options.graph, name).flatMap(dependent => stopped.get(dependent) ?? [])
    const stops: number[] = []
    for (const container of chosen.filter(({ service }) => service === name)) {
      const hooks = options.hooksOf?.(name, 'preStop') ?? []
      const stop = options.stop
        ? builder.add(
            {
              type: 'stopContainer',
              container,
              service: name,
              timeout: options.timeout,
              hooks,
              idle: !isActive(container),
            },
            '--stop',
            before,
          )
        : undefined
      if (stop !== undefined) stops.push(stop)
      builder.add({ type: 'removeContainer', container, volumes: options.volumes }, 'rm', [stop])
    }
    stopped.set(name, stops.length > 0 ? stops : before)
  }
  return { plan: builder.plan, warnings: [], consents: [] }
}
