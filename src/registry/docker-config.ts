// The docker CLI's own file (docker/cli, cli/config/configfile): read and changed by commands, never by the engine.
import { lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ComposeError, isErrno, messageOf } from '../shared/errors.ts'
import { replaceFile } from '../shared/replace-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** By address: a host, or for Docker Hub and older dockers a URL. */
export type Auths = Record<
  string,
  { auth?: string; username?: string; password?: string; identitytoken?: string; registrytoken?: string }
>

/** The name under which docker knows Docker Hub. */
export const hubAddress = 'https://index.docker.io/v1/'

/** Of an address, with its port. */
export const hostOf = (address: string): string => address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')

export interface DockerConfig {
  auths?: Auths
  credsStore?: string
  /** Folders of plugins that go before the docker CLI's own. */
  cliPluginsExtraDirs?: string[]
  credHelpers?: Record<string, string>
  /** The keys that leave a container alone again. */
  detachKeys?: string
  /** Sent to engines with every request. */
  HttpHeaders?: Record<string, string>
  /** The format of `ps` where the command line names none. */
  psFormat?: string
  /** The same for `stats`. */
  statsFormat?: string
  /** By the engine's URL, or `default`. */
  proxies?: Record<string, ProxyConfig>
}

interface ProxyConfig {
  httpProxy?: string
  httpsProxy?: string
  noProxy?: string
  ftpProxy?: string
  allProxy?: string
}

/** The variables by which programs in containers know the proxies, each in capitals and in small letters. */
export function proxyVariables({ proxies = {} }: DockerConfig, engine: string): Record<string, string> {
  const { httpProxy, httpsProxy, noProxy, ftpProxy, allProxy } = proxies[engine] ?? proxies.default ?? {}
  const named = Object.entries({
    HTTP_PROXY: httpProxy,
    HTTPS_PROXY: httpsProxy,
    NO_PROXY: noProxy,
    FTP_PROXY: ftpProxy,
    ALL_PROXY: allProxy,
  })
  return Object.fromEntries(
    named.flatMap(([name, value]) => (value ? [name, name.toLowerCase()].map(one => [one, value]) : [])),
  )
}

export function readDockerConfig(env: Environment): DockerConfig {
  const path = dockerConfigPath(env)
  return parseConfig(textOf(path) ?? '{}', path)
}

/** Those of DOCKER_AUTH_CONFIG, as CI systems set it: they go before the file and before every helper. */
export const givenAuths = (env: Environment): Auths =>
  (env.DOCKER_AUTH_CONFIG ? parseConfig(env.DOCKER_AUTH_CONFIG, 'DOCKER_AUTH_CONFIG').auths : undefined) ?? {}

/** The program that keeps passwords for an address: `docker-credential-<name>`. */
export const helperFor = ({ credHelpers, credsStore }: DockerConfig, address: string): string | undefined =>
  credHelpers?.[address] ?? credsStore

/** Changes the file, which others read at any moment; what is not known here stays as it is. */
export function changeDockerConfig(env: Environment, change: (config: DockerConfig) => DockerConfig): void {
  const path = dockerConfigPath(env)
  const config = change(parseConfig(textOf(path) ?? '{}', path))
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Nobody else may read passwords, not for a moment either.
  replaceFile(throughLinks(path), `${JSON.stringify(config, undefined, '\t')}\n`, { mode: 0o600, inherit: true })
}

/** Where a file is that may be a link, also one to a file that is still to come. */
function throughLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    const link = lstatSync(path, { throwIfNoEntry: false })
    return link?.isSymbolicLink() ? throughLinks(resolve(dirname(path), readlinkSync(path))) : path
  }
}

export const dockerConfigPath = (env: Environment): string =>
  join(env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker'), 'config.json')

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
