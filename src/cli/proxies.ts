// The proxies of docker's config.json: variables of every container that is made, and arguments of every build, where
// neither has its own. As with Docker Compose they count for no hash: another proxy recreates nothing. SOURCE_DATE_EPOCH of
// the caller is an argument of every build too, as buildx has it.
import { describeEndpoint, type Endpoint } from '../docker/client/endpoint.ts'
import type { Project } from '../model/project/project.ts'
import { type Service, withChanges } from '../model/project/service.ts'
import { type DockerConfig, proxyVariables } from '../registry/docker-config.ts'

export function withProxies(
  project: Project,
  endpoint: Endpoint,
  { config, env }: { config: DockerConfig; env: NodeJS.ProcessEnv },
): Project {
  const variables = proxyVariables(config, describeEndpoint(endpoint))
  const { SOURCE_DATE_EPOCH: epoch } = env
  const args = { ...variables, ...(epoch ? { SOURCE_DATE_EPOCH: epoch } : {}) }
  if (Object.keys(args).length === 0) return project
  const proxied = (services: Project['services']): Project['services'] =>
    Object.fromEntries(
      Object.entries(services).map(([name, service]): [string, Service] => [
        name,
        withChanges(service, {
          environment: { ...variables, ...service.environment },
          ...(service.build ? { build: { ...service.build, args: { ...args, ...service.build.args } } } : {}),
          configHash: service.configHash,
        }),
      ]),
    )
  return {
    ...project,
    services: proxied(project.services),
    // One that others begin with is built too.
    disabledServices: proxied(project.disabledServices),
  }
}
