// What things are called unless a Compose file names them.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'

/** The reference of a service's image; services that are built without a name get one from the project. */
export function imageOf(project: Project, service: Service): string {
  return service.image ?? defaultName(project, service.name)
}

export function containerName(project: Project, service: Service, number: number): string {
  return service.containerName ?? defaultName(project, service.name, String(number))
}

/** `p-web-1`; `p_web_1` with --compatibility. */
export function defaultName({ name, separator }: Pick<Project, 'name' | 'separator'>, ...parts: string[]): string {
  return [name, ...parts].join(separator)
}

/** `p-web-1` is `web-1` in its project; a container_name stays whole. */
export function shortName(projectName: string, name: string): string {
  const rest = name.startsWith(projectName) ? name.slice(projectName.length) : ''
  return /^[-_]/.test(rest) ? rest.slice(1) : name
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
