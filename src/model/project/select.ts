// Which services of a project count: profiles, services named by a command, what they depend on,
// and the resources that are left without a user. Projects are never changed; a new one is given.

import { matchesGlob } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import type { Dependency } from '../attributes/shapes/lifecycle.ts'
import { newRecord } from '../values/record.ts'
import type { Project } from './project.ts'
import { type Service, withChanges } from './service.ts'

type Services = Record<string, Service>

/** Services whose profiles are not active are disabled. */
export function withProfiles(project: Project, profiles: readonly string[]): Project {
  const services = newRecord<Service>()
  const disabledServices = newRecord<Service>()
  for (const [name, service] of Object.entries({ ...project.services, ...project.disabledServices })) {
    const active =
      service.profiles.length === 0 || profiles.some(profile => profile === '*' || service.profiles.includes(profile))
    ;(active ? services : disabledServices)[name] = service
  }
  return { ...project, services, disabledServices, profiles: [...profiles] }
}

/** Naming a service activates its profiles. */
export function enableServices(project: Project, names: readonly string[]): Project {
  if (names.length === 0) return project
  const more = names.flatMap(name =>
    Object.hasOwn(project.services, name) ? [] : (project.disabledServices[name]?.profiles ?? []),
  )
  return withProfiles(project, [...project.profiles, ...more])
}

export interface SelectOptions {
  /** Also what the named services depend on (the default), what depends on them, or neither. */
  dependencies?: 'include' | 'dependents' | 'ignore'
}

/**
 * The project with only these services enabled, and unless told otherwise what they depend on.
 * A name may be a pattern such as `web-*`. No names: the project as it is.
 */
export function selectServices(project: Project, names: readonly string[], options: SelectOptions = {}): Project {
  if (names.length === 0) return project
  const selected = new Set<string>()
  collect(project, names, options.dependencies ?? 'include', selected)
  const services = newRecord<Service>()
  const disabledServices = Object.assign(newRecord<Service>(), project.disabledServices)
  for (const [name, service] of Object.entries(project.services)) {
    if (selected.has(name)) services[name] = withDependenciesIn(service, selected)
    else disabledServices[name] = service
  }
  return { ...project, services, disabledServices }
}

/** Services of a project so that each comes after what it depends on. */
export function inDependencyOrder(project: Project): string[] {
  const order = new Set<string>()
  collect(project, Object.keys(project.services).sort(), 'include', order)
  return [...order]
}

/** Adds what is found to `into`, dependencies first. Those that are not required may be missing. */
function collect(
  project: Project,
  names: readonly string[],
  follow: 'include' | 'dependents' | 'ignore',
  into: Set<string>,
): void {
  const open = new Set<string>()
  const stack = [{ key: undefined as string | undefined, rest: names.flatMap(name => matching(project, name, true)) }]
  // With a stack of its own: a chain of dependencies may be as long as the file.
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const key = top.rest.shift()
    if (key === undefined) {
      stack.pop()
      if (top.key !== undefined) into.add(top.key)
      continue
    }
    const service = project.services[key]
    if (service === undefined || open.has(key)) continue
    open.add(key)
    const next = follow === 'include' ? service.dependsOn : follow === 'dependents' ? dependentsOf(project, key) : {}
    const rest = Object.entries(next).flatMap(([name, { required }]) => matching(project, name, required))
    stack.push({ key, rest })
  }
}

/** The services that a name or pattern stands for. */
function matching(project: Project, name: string, required: boolean): string[] {
  if (Object.hasOwn(project.services, name)) return [name]
  const found = Object.keys(project.services).filter(key => matchesGlob(key, name))
  if (found.length === 0 && required) throw noSuchService(project, name)
  return found
}

function dependentsOf({ services }: Project, name: string): Record<string, Dependency> {
  const dependents = newRecord<Dependency>()
  for (const service of Object.values(services)) {
    const dependency = service.dependsOn[name]
    if (dependency !== undefined) dependents[service.name] = dependency
  }
  return dependents
}

function noSuchService(project: Pick<Project, 'services' | 'disabledServices'>, name: string): ComposeError {
  const disabled = Object.hasOwn(project.disabledServices, name)
  const suggestion = nearest(name, Object.keys(project.services))
  return new ComposeError('not_found', `no such service: ${name}`, {
    path: `services.${name}`,
    hint: disabled
      ? `It is disabled: activate one of its profiles (${project.disabledServices[name]?.profiles.join(', ')}).`
      : suggestion && `Did you mean ${suggestion}?`,
  })
}

function withDependenciesIn(service: Service, selected: ReadonlySet<string>): Service {
  const kept = Object.entries(service.dependsOn).filter(([name]) => selected.has(name))
  if (kept.length === Object.keys(service.dependsOn).length) return service
  const dependsOn = Object.assign(newRecord<Dependency>(), Object.fromEntries(kept))
  return withChanges(service, { dependsOn })
}

/** Without networks, volumes, secrets, configs and models that no enabled service uses. */
export function keepUsedResources(project: Project): Project {
  const services: Services = project.services
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    secrets: new Set<string>(),
    configs: new Set<string>(),
    models: new Set<string>(),
  }
  for (const service of Object.values(services)) {
    for (const name in service.networks) used.networks.add(name)
    for (const { type, source } of service.volumes)
      if (type === 'volume' && source !== undefined) used.volumes.add(source)
    for (const { source } of service.secrets) used.secrets.add(source)
    for (const { source } of service.configs) used.configs.add(source)
    for (const name in service.models) used.models.add(name)
  }
  for (const { build } of builtWith(project)) for (const { source } of build?.secrets ?? []) used.secrets.add(source)
  const keep = <T>(resources: Record<string, T>, names: ReadonlySet<string>): Record<string, T> => {
    const kept = newRecord<T>()
    for (const [name, resource] of Object.entries(resources)) if (names.has(name)) kept[name] = resource
    return kept
  }
  return {
    ...project,
    networks: keep(project.networks, used.networks),
    volumes: keep(project.volumes, used.volumes),
    secrets: keep(project.secrets, used.secrets),
    configs: keep(project.configs, used.configs),
    models: keep(project.models, used.models),
  }
}

/** The enabled services, and those whose images the builds of these begin with. */
function builtWith({ services, disabledServices }: Project): Set<Service> {
  const all = new Set(Object.values(services))
  // What is added meanwhile comes up too.
  for (const { build } of all)
    for (const value of Object.values(build?.additionalContexts ?? {})) {
      const name = /^service:(.+)$/.exec(value)?.[1] ?? ''
      const other = services[name] ?? disabledServices[name]
      if (other) all.add(other)
    }
  return all
}
