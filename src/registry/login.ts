// Whether a registry takes these credentials: what `docker login` asks before it keeps them.
import { ComposeError } from '../shared/errors.ts'
import type { Credentials } from './credentials.ts'
import { type Environment, hostOf } from './docker-config.ts'
import { openSession } from './session.ts'
import { readRegistrySettings } from './settings.ts'

/** Throws permission_denied where it doesn't. Without an address it is Docker Hub. */
export async function checkLogin(
  credentials: Credentials,
  { env, signal }: { env: Environment; signal?: AbortSignal | undefined },
): Promise<void> {
  const host = hostOf(credentials.serveraddress ?? '')
  const registry = host === '' || host === 'index.docker.io' ? 'docker.io' : host
  const session = openSession({
    reference: { registry, repository: '', tag: undefined, digest: undefined },
    action: 'pull',
    credentials,
    settings: readRegistrySettings(env),
    insecure: false,
    env,
  })
  try {
    const admits = (status: number) => [200, 401, 403].includes(status)
    const { status, body, url } = await session.send({ path: '/v2/', admits, signal })
    body.resume()
    if (status !== 200)
      throw new ComposeError('permission_denied', `Get "${url}": unauthorized: incorrect username or password`)
  } finally {
    session.close()
  }
}
