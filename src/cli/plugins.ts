// Programs of others that Compose files name: plugins of the docker CLI in its folders, else what PATH has.
import { join } from 'node:path'
import { type Environment, readDockerConfig } from '../registry/docker-config.ts'
import { ComposeError } from '../shared/errors.ts'
import { findProgram, pathFolders } from '../shared/programs.ts'

/** Where the administrator's are: packages put theirs into later ones. */
export const everybodysPlugins = '/usr/local/lib/docker/cli-plugins'

/** The docker CLI's own (docker/cli, cli-plugins/manager): the first that has it wins. */
const systemFolders = [
  everybodysPlugins,
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
]

/** Where a user's own plugins are. */
export const usersPlugins = (env: Environment): string =>
  join(env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker'), 'cli-plugins')

/** The path of `docker-<name>`; undefined: there is no such plugin. */
export function findPlugin(name: string, env: Environment): string | undefined {
  const folders = [...(readDockerConfig(env).cliPluginsExtraDirs ?? []), usersPlugins(env), ...systemFolders]
  return findProgram(`docker-${name}`, folders)
}

/** The program of `provider.type`. */
export function findProvider(type: string, env: Environment): string {
  if (type === 'compose') throw new ComposeError('invalid_argument', "'compose' is not a valid provider type")
  const found = findPlugin(type, env) ?? findProgram(type, pathFolders(env.PATH))
  if (found !== undefined) return found
  throw new ComposeError('not_found', `exec: ${JSON.stringify(type)}: executable file not found in $PATH`)
}
