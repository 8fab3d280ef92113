// What things are called unless a Compose file names them.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'

/** The reference of a service's image; services that are built without a name get one from the project. */
export function imageOf(project: Project, service: Service): string {
  return service.image ?? `${project.name}-${service.name}`
}

export function containerName(project: Project, service: Service, number: number): string {
  return service.containerName ?? `${project.name}-${service.name}-${number}`
}

/** The service whose network a service shares. */
export const networkLeader = ({ networkMode }: Service): string | undefined =>
  networkMode?.startsWith('service:') ? networkMode.slice('service:'.length) : undefined

/** The name of another service's first container, for `service:<name>` namespaces and links. */
export function firstContainerOf(project: Project, serviceName: string): string {
  const service = project.services[serviceName] ?? project.disabledServices[serviceName]
  if (!service) throw new ComposeError('invalid_argument', `no such service: ${serviceName}`)
  return containerName(project, service, 1)
}
