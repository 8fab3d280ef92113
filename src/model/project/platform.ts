// DOCKER_DEFAULT_PLATFORM: the platform of services that are built and do not name one. It is part of their
// hash, but not of what `config` prints: commands that build or create containers apply it.
import { ComposeError } from '../../shared/errors.ts'
import { newRecord } from '../values/record.ts'
import type { Project } from './project.ts'
import { type Service, withChanges } from './service.ts'

/** The service as it is, or one that differs in its platform. */
export function withDefaultPlatform(service: Service, environment: Readonly<Record<string, string>>): Service {
  const platform = environment.DOCKER_DEFAULT_PLATFORM
  if (service.build === undefined || !platform || service.platform !== undefined) return service
  const { platforms } = service.build
  if (platforms.length > 0 && !platforms.includes(platform))
    throw new ComposeError(
      'invalid_argument',
      `service ${JSON.stringify(service.name)} build.platforms does not support value set by DOCKER_DEFAULT_PLATFORM: ${platform}`,
      { path: `services.${service.name}.build.platforms` },
    )
  return withChanges(service, { platform })
}

/** The project with all of its enabled services so. */
export function withDefaultPlatforms(project: Project): Project {
  const services = newRecord<Service>()
  for (const [name, service] of Object.entries(project.services))
    services[name] = withDefaultPlatform(service, project.environment)
  return { ...project, services }
}
