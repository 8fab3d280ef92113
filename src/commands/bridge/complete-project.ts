// A project with all that somebody needs who has nothing but it: ports of the images, contents of secrets and configs.
import { readFileSync } from 'node:fs'
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'
import { imageOf } from '../../scheduler/observe/names.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { presentImage } from './transformer.ts'

export async function completeProject(
  docker: Docker,
  project: Project,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Project> {
  const services: Record<string, Service> = {}
  // One after the other: each may be a pull that is shown.
  for (const [name, service] of Object.entries(project.services)) {
    const image = imageOf(project, service)
    const { Config } = service.provider ? {} : await presentImage(docker, image, say, signal)
    const exposed = [
      ...service.expose,
      ...Object.keys(Config?.ExposedPorts ?? {}).map(port => port.split('/')[0] ?? ''),
      ...service.ports.map(({ target }) => String(target)),
    ]
    services[name] = withChanges(service, { ...(service.provider ? {} : { image }), expose: [...new Set(exposed)] })
  }
  return { ...project, services, secrets: withContents(project.secrets), configs: withContents(project.configs) }
}

function withContents<T extends { file?: string; external?: boolean; content?: string }>(
  resources: Record<string, T>,
): Record<string, T> {
  const entries = Object.entries(resources).map(([name, resource]): [string, T] => {
    const { file } = resource
    return file === undefined || resource.external ? [name, resource] : [name, { ...resource, content: textOf(file) }]
  })
  return Object.fromEntries(entries)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ComposeError('not_found', `can't read ${path}: ${messageOf(error)}`, { path, cause: error })
  }
}
