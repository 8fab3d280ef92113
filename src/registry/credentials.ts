// What `docker login` has left: ~/.docker/config.json and the credential helpers that it names (docker/cli,
// cli/config). Read where a command pulls, never by the engine.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { ComposeError, isErrno, messageOf } from '../shared/errors.ts'
import { type DockerConfig, type Environment, readDockerConfig } from './docker-config.ts'

/** The Engine API's AuthConfig, of which a registry takes one of three: password, identity token, registry token. */
export interface Credentials {
  username?: string | undefined
  password?: string | undefined
  /** An OAuth2 refresh token; the name that goes with it in a helper's answer is <token>. */
  identitytoken?: string | undefined
  registrytoken?: string | undefined
  serveraddress?: string | undefined
}

/** The name under which docker knows Docker Hub. */
export const hubAddress = 'https://index.docker.io/v1/'

/** Undefined where nobody has logged in. `registry` is `docker.io` or the first part of an image's name. */
export async function credentialsFor(registry: string, env: Environment): Promise<Credentials | undefined> {
  const config = readDockerConfig(env)
  const address = registry === 'docker.io' ? hubAddress : registry
  const helper = config.credHelpers?.[registry === 'docker.io' ? hubAddress : registry] ?? config.credsStore
  const asked = helper ? await askHelper(helper, address, env) : undefined
  return asked ?? fromFile(config, address)
}

/** Everything that the user has, by address, as ~/.docker/config.json would have it without a helper. */
export async function allCredentials(
  env: Environment,
): Promise<Record<string, { auth?: string; identitytoken?: string }>> {
  const config = readDockerConfig(env)
  const { credsStore, credHelpers = {}, auths = {} } = config
  const stored = credsStore ? Object.keys((await callHelper(credsStore, 'list', '', env)) ?? {}) : []
  const addresses = new Set([...Object.keys(auths), ...stored, ...Object.keys(credHelpers)])
  const all = [...addresses].map(async address => {
    const helper = credHelpers[address] ?? (stored.includes(address) ? credsStore : undefined)
    const asked = helper ? await askHelper(helper, address, env) : undefined
    const { username, password, identitytoken } = asked ?? fromFile(config, address) ?? {}
    if (identitytoken) return [[address, { identitytoken }] as const]
    return username ? [[address, { auth: Buffer.from(`${username}:${password}`).toString('base64') }] as const] : []
  })
  return Object.fromEntries((await Promise.all(all)).flat())
}

function fromFile({ auths = {} }: DockerConfig, address: string): Credentials | undefined {
  const key =
    Object.keys(auths).find(name => name === address) ?? Object.keys(auths).find(name => sameHost(name, address))
  const found = key === undefined ? undefined : auths[key]
  if (!found) return undefined
  const serveraddress = address
  if (found.identitytoken) return { identitytoken: found.identitytoken, serveraddress }
  const [username = '', ...rest] = found.auth
    ? Buffer.from(found.auth, 'base64').toString('utf8').replace(/\0+$/, '').split(':')
    : [found.username, found.password ?? '']
  return username ? { username, password: rest.join(':'), serveraddress } : undefined
}

/** Older dockers kept addresses as URLs: `https://ghcr.io/v1/`. */
function sameHost(name: string, address: string): boolean {
  const host = (text: string) => text.replace(/^https?:\/\//, '').split('/')[0]
  return host(name) === host(address)
}

async function askHelper(name: string, address: string, env: Environment): Promise<Credentials | undefined> {
  const answer = await callHelper(name, 'get', address, env)
  if (!answer) return undefined
  const { Username = '', Secret = '' } = answer as { Username?: string; Secret?: string } // the protocol's
  const serveraddress = address
  return Username === '<token>'
    ? { identitytoken: Secret, serveraddress }
    : { username: Username, password: Secret, serveraddress }
}

/**
 * `docker-credential-<name>` (docker-credential-helpers): an address on its input, or what is to be stored as JSON; JSON
 * on its output where it was asked.
 */
export async function callHelper(
  name: string,
  action: 'get' | 'list' | 'store' | 'erase',
  address: string,
  env: Environment,
): Promise<object | undefined> {
  const program = `docker-credential-${name}`
  const child = spawn(program, [action], { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: 30_000 })
  child.stdin.on('error', () => {})
  child.stdin.end(address)
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  try {
    const [answer, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    if (code !== 0) {
      // Helpers say so on either stream.
      if (/credentials not found/i.test(answer + complaint)) return undefined
      throw new ComposeError(
        'failed_precondition',
        `${program} failed: ${(complaint || answer).trim() || `exit code ${code}`}`,
      )
    }
    return action === 'get' || action === 'list' ? (JSON.parse(answer) as object) : undefined // the protocol's
  } catch (error) {
    if (error instanceof ComposeError) throw error
    throw new ComposeError('failed_precondition', `can't ask ${program} for credentials: ${messageOf(error)}`, {
      hint: isErrno(error, 'ENOENT') ? `install ${program}, or take it out of ~/.docker/config.json` : undefined,
      cause: error,
    })
  }
}
