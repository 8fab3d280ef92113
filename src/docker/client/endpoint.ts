// Which engine a command talks to. Named by -H, --context, DOCKER_HOST or DOCKER_CONTEXT it is a Docker Engine;
// without one of these it is always the embedded engine: docker's current context is not looked at.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'

/** PEM texts, and whether the server's certificate must be valid. */
export interface TlsFiles {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
  verify: boolean
}

export type Endpoint =
  | { kind: 'unix'; path: string }
  | { kind: 'tcp'; host: string; port: number; tls?: TlsFiles | undefined }
  | { kind: 'ssh'; user?: string | undefined; host: string; port?: string | undefined; socket?: string | undefined }

/** docker's own root flags, as far as they choose an engine. */
export interface EngineChoice {
  host?: string | undefined
  context?: string | undefined
  tls?: boolean | undefined
  tlsverify?: boolean | undefined
  tlscacert?: string | undefined
  tlscert?: string | undefined
  tlskey?: string | undefined
}

/** The Docker Engine that flags or environment name; undefined stands for the embedded engine. */
export function chosenEndpoint(choice: EngineChoice, env: NodeJS.ProcessEnv): Endpoint | undefined {
  if (choice.host && choice.context) {
    throw new ComposeError('invalid_argument', 'conflicting options: cannot specify both --host and --context')
  }
  if (choice.host) return parseHost(choice.host, () => tlsOf(choice, env))
  if (choice.context) return contextEndpoint(choice.context, choice, env)
  if (env.DOCKER_HOST) return parseHost(env.DOCKER_HOST, () => tlsOf(choice, env))
  if (env.DOCKER_CONTEXT) return contextEndpoint(env.DOCKER_CONTEXT, choice, env)
  return undefined
}

/** `unix:///path`, `tcp://host:port`, `http(s)://…` or `ssh://user@host:port/socket`. */
export function parseHost(host: string, tls: () => TlsFiles | undefined): Endpoint {
  if (host.startsWith('unix://')) return { kind: 'unix', path: host.slice('unix://'.length) }
  const url = URL.canParse(host) ? new URL(host) : undefined
  switch (url?.protocol) {
    case 'ssh:':
      return {
        kind: 'ssh',
        host: url.hostname,
        user: url.username ? decodeURIComponent(url.username) : undefined,
        port: url.port || undefined,
        socket: url.pathname.length > 1 ? url.pathname : undefined,
      }
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const files = tls() ?? (url.protocol === 'https:' ? { verify: true } : undefined)
      // URL drops the port that is the protocol's default.
      const usual = url.protocol === 'tcp:' ? (files ? 2376 : 2375) : url.protocol === 'https:' ? 443 : 80
      return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || usual), tls: files }
    }
    default:
      throw new ComposeError('invalid_argument', `unable to parse docker host \`${host}\``, {
        hint: 'DOCKER_HOST and -H take unix:///path/to/docker.sock, tcp://host:port or ssh://user@host',
      })
  }
}

export function describeEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}`
    case 'ssh':
      return `ssh://${endpoint.user ? `${endpoint.user}@` : ''}${endpoint.host}${endpoint.port ? `:${endpoint.port}` : ''}`
  }
}

function tlsOf(choice: EngineChoice, env: NodeJS.ProcessEnv): TlsFiles | undefined {
  const verify = choice.tlsverify ?? Boolean(env.DOCKER_TLS_VERIFY)
  if (!verify && !choice.tls && !choice.tlscacert && !choice.tlscert) return undefined
  const folder = env.DOCKER_CERT_PATH ?? dockerFolder(env)
  return {
    ca: readIfThere(choice.tlscacert ?? join(folder, 'ca.pem')),
    cert: readIfThere(choice.tlscert ?? join(folder, 'cert.pem')),
    key: readIfThere(choice.tlskey ?? join(folder, 'key.pem')),
    verify,
  }
}

/** The part of a context's meta.json that says where the engine is. */
interface ContextMeta {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } }
}

function contextEndpoint(name: string, choice: EngineChoice, env: NodeJS.ProcessEnv): Endpoint {
  if (name === 'default') {
    return parseHost(env.DOCKER_HOST || 'unix:///var/run/docker.sock', () => tlsOf(choice, env))
  }
  const contexts = join(dockerFolder(env), 'contexts')
  const id = createHash('sha256').update(name).digest('hex')
  const text = readIfThere(join(contexts, 'meta', id, 'meta.json'))
  if (text === undefined) {
    throw new ComposeError('not_found', `context "${name}": context not found`, {
      hint: 'docker context ls lists them',
    })
  }
  // docker writes this file; what is missing in it is reported below.
  const docker = (JSON.parse(text) as ContextMeta).Endpoints?.docker
  if (!docker?.Host) throw new ComposeError('invalid_argument', `context "${name}" names no docker endpoint`)
  const folder = join(contexts, 'tls', id, 'docker')
  const ca = readIfThere(join(folder, 'ca.pem'))
  const cert = readIfThere(join(folder, 'cert.pem'))
  const key = readIfThere(join(folder, 'key.pem'))
  return parseHost(docker.Host, () =>
    ca || cert || docker.SkipTLSVerify ? { ca, cert, key, verify: !docker.SkipTLSVerify } : undefined,
  )
}

function dockerFolder(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker')
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
