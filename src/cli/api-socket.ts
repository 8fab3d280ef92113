// `use_api_socket`: the service has the socket of the engine, and what the user has for registries. As with Docker
// Compose it is the client that sees to it; neither counts for the hash of the service.
import type { Endpoint } from '../docker/client/endpoint.ts'
import { describeEndpoint } from '../docker/client/endpoint.ts'
import type { Project } from '../model/project/project.ts'
import { type Service, withChanges } from '../model/project/service.ts'
import { apiSocketConfig } from '../scheduler/border/held-files.ts'
import { ComposeError } from '../shared/errors.ts'
import { warn } from './warn.ts'

const folder = '/run/secrets/docker'

export async function withApiSocket(project: Project, endpoint: Endpoint): Promise<Project> {
  const users = Object.values(project.services).filter(({ useApiSocket }) => useApiSocket)
  const [first] = users
  if (!first) return project
  if (endpoint.kind !== 'unix')
    throw new ComposeError(
      'failed_precondition',
      `use_api_socket can only be used with unix sockets: docker endpoint ${describeEndpoint(endpoint)} is incompatible`,
      { path: `services.${first.name}.use_api_socket` },
    )
  const { allCredentials, authOf } = await import('../registry/credentials.ts')
  const all = Object.entries(await allCredentials(process.env, warn))
  const auths = Object.fromEntries(all.map(([address, credentials]) => [address, authOf(credentials)]))
  const config = {
    name: apiSocketConfig,
    content: `${JSON.stringify({ auths }, null, 2)}\n`,
    labels: {},
    extensions: {},
  }
  const socket = { type: 'bind', source: endpoint.path, target: '/var/run/docker.sock', extensions: {} } as const
  const reaching = users.map((service): [string, Service] => [
    service.name,
    withChanges(service, {
      volumes: [...service.volumes, socket],
      environment: { DOCKER_CONFIG: folder, ...service.environment },
      configs: [...service.configs, { source: apiSocketConfig, target: `${folder}/config.json`, extensions: {} }],
      configHash: service.configHash,
    }),
  ])
  return {
    ...project,
    configs: { ...project.configs, [apiSocketConfig]: config },
    services: { ...project.services, ...Object.fromEntries(reaching) },
  }
}
