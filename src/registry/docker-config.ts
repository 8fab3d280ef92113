// The docker CLI's own file (docker/cli, cli/config/configfile): read by commands, never by the engine.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../shared/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>
  credsStore?: string
  /** Folders of plugins that go before the docker CLI's own. */
  cliPluginsExtraDirs?: string[]
  credHelpers?: Record<string, string>
  /** The format of `ps` where the command line names none. */
  psFormat?: string
}

/** DOCKER_AUTH_CONFIG, as CI systems set it, goes over the file. */
export function readDockerConfig(env: Environment): DockerConfig {
  const path = join(env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker'), 'config.json')
  const file = parseConfig(textOf(path) ?? '{}', path)
  const given = env.DOCKER_AUTH_CONFIG ? parseConfig(env.DOCKER_AUTH_CONFIG, 'DOCKER_AUTH_CONFIG') : {}
  return { ...file, auths: { ...file.auths, ...given.auths } }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw new ComposeError('failed_precondition', `can't read the credentials in ${path}: ${messageOf(error)}`, {
      path,
      cause: error,
    })
  }
}

function parseConfig(text: string, path: string): DockerConfig {
  try {
    const config: unknown = JSON.parse(text)
    // docker writes this file; what has another shape in it is met where it is read.
    if (typeof config === 'object' && config !== null) return config as DockerConfig
  } catch {
    // Told below.
  }
  throw new ComposeError('invalid_argument', `${path} is not a configuration of docker: not a JSON object`, {
    path,
    hint: 'docker login writes it anew',
  })
}
