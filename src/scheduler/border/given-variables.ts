// Variables that providers give to the services that depend on theirs. They are known once the providers have run; the
// hash of a service, which is Docker Compose's, does not tell of them, so a label of the container does.
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'
import { digestOf } from '../observe/file-digest.ts'

/** What a run of a provider has given. */
export interface GivenVariables {
  /** `URL`, which dependents know as `DB_URL`. */
  prefixed: Record<string, string>
  /** Under the names that dependents know. */
  raw: Record<string, string>
}

/** By the name of the service whose provider gave them. */
export type Given = Readonly<Record<string, GivenVariables>>

/** The project with each service knowing what it was given; `warn` is told of what is overridden. */
export function withGiven(project: Project, given: Given, warn: (text: string) => void): Project {
  const services = Object.entries(project.services).map(([name, service]): [string, Service] => {
    const variables = Object.keys(service.dependsOn).flatMap(provider => {
      const { prefixed = {}, raw = {} } = given[provider] ?? {}
      for (const [key, value] of Object.entries(raw))
        if (key in service.environment && service.environment[key] !== value)
          warn(`provider "${provider}" overrides environment variable "${key}" in service "${name}"`)
      const named = Object.entries(prefixed).map(([key, value]) => [`${provider.toUpperCase()}_${key}`, value] as const)
      return [...named, ...Object.entries(raw)]
    })
    const own = Object.fromEntries(variables)
    const environment = { ...service.environment, ...own }
    return [name, withChanges(service, { environment, given: own, configHash: service.configHash })]
  })
  return { ...project, services: Object.fromEntries(services) }
}

/** The digest for the label; empty: nothing was given. Undefined: that is not known yet. */
export function givenLabel(project: Project, { given }: Service): string | undefined {
  if (given === undefined) return hasProviders(project) ? undefined : ''
  const entries = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '' : digestOf(JSON.stringify(entries))
}

const hasProviders = ({ services, disabledServices }: Project): boolean =>
  [...Object.values(services), ...Object.values(disabledServices)].some(({ provider }) => provider !== undefined)
