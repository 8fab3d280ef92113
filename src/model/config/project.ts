// A Project as YAML or JSON: the tables of attributes/shapes decide what is printed, and in which order.

import { addExtensions } from '../attributes/kinds/collection.ts'
import { type Kind, type Output, Sorted } from '../attributes/kinds/kind.ts'
import type { Config, Secret } from '../attributes/shapes/resources.ts'
import { makeConfig, makeModel, makeNetwork, makeSecret, makeVolume } from '../attributes/shapes/resources.ts'
import { makeService } from '../attributes/shapes/service.ts'
import type { Project } from '../project/project.ts'
import type { Service } from '../project/service.ts'
import { writeJson } from './json.ts'
import { writeYaml } from './yaml.ts'

/** Its own input: loading it gives the same project. */
export function projectYaml(project: Project): string {
  const { secrets, configs } = project
  return completeProjectYaml({ ...project, secrets: withoutValues(secrets), configs: withoutCopies(configs) })
}

/** With the contents of secrets and configs, for who gets nothing but this. */
export function completeProjectYaml(project: Project): string {
  const document = new Map<string, Output>()
  if (project.name !== '') document.set('name', project.name)
  document.set('services', section(project.services, makeService, 'yaml'))
  const optional: readonly [string, Sorted][] = [
    ['networks', section(project.networks, makeNetwork, 'yaml')],
    ['volumes', section(project.volumes, makeVolume, 'yaml')],
    ['secrets', section(project.secrets, makeSecret, 'yaml')],
    ['configs', section(project.configs, makeConfig, 'yaml')],
    ['models', section(project.models, makeModel, 'yaml')],
  ]
  for (const [key, map] of optional) if (map.size > 0) document.set(key, map)
  addExtensions(document, project.extensions)
  return writeYaml(document)
}

/** As Compose, without models. */
export function projectJson(project: Project): string {
  const document = new Sorted([
    ['name', project.name],
    ['services', section(project.services, makeService, 'json')],
  ])
  const optional: readonly [string, Sorted][] = [
    ['networks', section(project.networks, makeNetwork, 'json')],
    ['volumes', section(project.volumes, makeVolume, 'json')],
    ['secrets', section(withoutValues(project.secrets), makeSecret, 'json')],
    ['configs', section(withoutCopies(project.configs), makeConfig, 'json')],
  ]
  for (const [key, map] of optional) if (map.size > 0) document.set(key, map)
  addExtensions(document, project.extensions)
  return writeJson(document, '  ')
}

/** One service, as it stands in the JSON of its project. */
export function serviceJson(service: Service): string {
  return writeJson(makeService().json(service) ?? null)
}

function section<T>(resources: Readonly<Record<string, T>>, make: () => Kind<T>, form: 'yaml' | 'json'): Sorted {
  const map = new Sorted()
  const kind = make()
  for (const [key, resource] of Object.entries(resources)) map.set(key, kind[form](resource) ?? new Map())
  return map
}

/** The value of a secret's variable is never shown. */
function withoutValues(secrets: Readonly<Record<string, Secret>>): Record<string, Secret> {
  return mapped(secrets, ({ content: _, ...secret }) => secret)
}

/** Nor that of a config's, which is where it came from. */
function withoutCopies(configs: Readonly<Record<string, Config>>): Record<string, Config> {
  return mapped(configs, config => {
    if (config.environment === undefined) return config
    const { content: _, ...rest } = config
    return rest
  })
}

function mapped<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
