// Which service needs which: from the Compose files, or from the labels of containers when there are no files.
import type { Dependency } from '../../model/attributes/shapes/lifecycle.ts'
import type { Service } from '../../model/project/service.ts'
import { labels } from './labels.ts'
import type { ObservedContainer } from './observe.ts'

/** Service name to what it depends on. */
export type DependencyGraph = Record<string, Record<string, Dependency>>

export function graphOf(services: Record<string, Service>): DependencyGraph {
  return Object.fromEntries(Object.values(services).map(service => [service.name, service.dependsOn]))
}

export function graphFromLabels(containers: readonly ObservedContainer[]): DependencyGraph {
  return Object.fromEntries(
    containers.map(container => [container.service, parseDependsOn(container.labels[labels.dependsOn] ?? '')]),
  )
}

/** `db:service_started:false,cache:service_healthy:true` */
export function formatDependsOn(dependencies: Record<string, Dependency>): string {
  return Object.entries(dependencies)
    .map(([name, { condition, restart }]) => `${name}:${condition}:${restart ?? false}`)
    .join(',')
}

function parseDependsOn(text: string): Record<string, Dependency> {
  const entries = text.split(',').filter(Boolean)
  return Object.fromEntries(
    entries.map(entry => {
      const [name = '', condition, restart] = entry.split(':')
      const known =
        condition === 'service_healthy' || condition === 'service_completed_successfully'
          ? condition
          : 'service_started'
      return [name, { condition: known, restart: restart === 'true', required: true, extensions: {} }]
    }),
  )
}

/** Names ordered so that each comes after what it depends on; alphabetical where that leaves a choice. */
export function inDependencyOrder(graph: DependencyGraph): string[] {
  const done = new Set<string>()
  const visit = (name: string, path: ReadonlySet<string>) => {
    if (done.has(name) || path.has(name)) return
    for (const dependency of Object.keys(graph[name] ?? {}).sort()) {
      if (graph[dependency]) visit(dependency, new Set([...path, name]))
    }
    done.add(name)
  }
  for (const name of Object.keys(graph).sort()) visit(name, new Set())
  return [...done]
}

/** Who depends on `name` directly. */
export function dependentsOf(graph: DependencyGraph, name: string): string[] {
  return Object.keys(graph).filter(other => graph[other]?.[name])
}
