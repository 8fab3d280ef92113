// What `docker login` has left: ~/.docker/config.json and the credential helpers that it names (docker/cli,
// cli/config). Read where a command pulls, never by the engine.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { ComposeError, isErrno, messageOf } from '../shared/errors.ts'
import {
  type Auths,
  type DockerConfig,
  type Environment,
  givenAuths,
  helperFor,
  hostOf,
  hubAddress,
  readDockerConfig,
} from './docker-config.ts'

/** The Engine API's AuthConfig, of which a registry takes one of three: password, identity token, registry token. */
export interface Credentials {
  username?: string | undefined
  password?: string | undefined
  /** An OAuth2 refresh token; the name that goes with it in a helper's answer is <token>. */
  identitytoken?: string | undefined
  registrytoken?: string | undefined
  serveraddress?: string | undefined
}

/** The name that images have for the registry at an address. */
export const registryOf = (address: string): string => (address === hubAddress ? 'docker.io' : hostOf(address))

/** Undefined where nobody has logged in. `registry` is `docker.io` or the first part of an image's name. */
export async function credentialsFor(registry: string, env: Environment): Promise<Credentials | undefined> {
  const address = registry === 'docker.io' ? hubAddress : registry
  const config = readDockerConfig(env)
  return fromAuths(givenAuths(env), address) ?? (await kept(config, helperFor(config, address), address, env))
}

/** Everything that the user has, by address. `onFailure` is told of a helper that does not give what it should have. */
export async function allCredentials(
  env: Environment,
  onFailure: (sentence: string) => void = () => {},
): Promise<Record<string, Credentials>> {
  const config = readDockerConfig(env)
  const { credsStore, credHelpers = {}, auths = {} } = config
  const given = givenAuths(env)
  const failed = (error: unknown) => {
    onFailure(messageOf(error))
    return undefined
  }
  const listed = credsStore ? await callHelper(credsStore, 'list', '', env).catch(failed) : undefined
  const stored = Object.keys(listed ?? {})
  const addresses = new Set([...Object.keys(auths), ...stored, ...Object.keys(credHelpers), ...Object.keys(given)])
  const all = [...addresses].map(async address => {
    const helper = credHelpers[address] ?? (stored.includes(address) ? credsStore : undefined)
    const found = fromAuths(given, address) ?? (await kept(config, helper, address, env).catch(failed))
    return found ? [[address, found] as const] : []
  })
  return Object.fromEntries((await Promise.all(all)).flat())
}

async function kept(
  { auths = {} }: DockerConfig,
  helper: string | undefined,
  address: string,
  env: Environment,
): Promise<Credentials | undefined> {
  const asked = helper ? await askHelper(helper, address, env) : undefined
  return asked ?? fromAuths(auths, address)
}

/** Older dockers kept addresses as URLs: `https://ghcr.io/v1/`. */
function fromAuths(auths: Auths, address: string): Credentials | undefined {
  const key =
    Object.keys(auths).find(name => name === address) ??
    Object.keys(auths).find(name => hostOf(name) === hostOf(address))
  const found = key === undefined ? undefined : auths[key]
  if (!found) return undefined
  const serveraddress = address
  if (found.registrytoken) return { registrytoken: found.registrytoken, serveraddress }
  if (found.identitytoken) return { identitytoken: found.identitytoken, serveraddress }
  const [username = '', ...rest] = found.auth
    ? Buffer.from(found.auth, 'base64').toString('utf8').replace(/\0+$/, '').split(':')
    : [found.username, found.password ?? '']
  return username ? { username, password: rest.join(':'), serveraddress } : undefined
}

/** As an `auths` of docker's config.json has it. */
export function authOf({ username, password, identitytoken, registrytoken }: Credentials): Auths[string] {
  if (registrytoken) return { registrytoken }
  if (identitytoken) return { identitytoken }
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') }
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
