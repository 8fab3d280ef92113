// What a login leaves for the next command: in the store that docker's config.json names, else in that file itself.
import { authOf, type Credentials, callHelper } from './credentials.ts'
import {
  changeDockerConfig,
  dockerConfigPath,
  type Environment,
  helperFor,
  hostOf,
  hubAddress,
  readDockerConfig,
} from './docker-config.ts'

/** How docker names a registry: Docker Hub by its old address, others by host and port. */
export function registryAddress(server: string): string {
  const host = hostOf(server)
  return ['', 'docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? hubAddress : host
}

export interface Kept {
  /** The program or the file that has it now. */
  place: string
  /** It stands there as it is, for whoever may read the file. */
  plain: boolean
}

export async function keepLogin(
  address: string,
  { username = '', password = '' }: Credentials,
  env: Environment,
): Promise<Kept> {
  const helper = helperFor(readDockerConfig(env), address)
  if (helper !== undefined) {
    await callHelper(helper, 'store', JSON.stringify({ ServerURL: address, Username: username, Secret: password }), env)
    changeDockerConfig(env, config => ({ ...config, auths: { ...config.auths, [address]: {} } }))
    return { place: `docker-credential-${helper}`, plain: false }
  }
  const auth = authOf({ username, password })
  changeDockerConfig(env, config => ({ ...config, auths: { ...config.auths, [address]: auth } }))
  return { place: dockerConfigPath(env), plain: true }
}

/** False where there was none. */
export async function forgetLogin(address: string, env: Environment): Promise<boolean> {
  const config = readDockerConfig(env)
  const known = config.auths?.[address] !== undefined
  const helper = helperFor(config, address)
  if (helper !== undefined) await callHelper(helper, 'erase', address, env)
  if (known)
    changeDockerConfig(env, ({ auths = {}, ...rest }) => ({
      ...rest,
      auths: Object.fromEntries(Object.entries(auths).filter(([name]) => name !== address)),
    }))
  return known || helper !== undefined
}
