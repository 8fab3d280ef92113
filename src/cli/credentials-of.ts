// The user's credentials for an image, as every call that has an engine ask a registry sends them, and all of them for
// builds whose images nobody here can know.
import type { Credentials } from '../registry/credentials.ts'
import { parseReference } from '../shared/image-reference.ts'

/** Read when something is pulled: most commands pull nothing. */
export async function credentialsOf(
  image: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const { credentialsFor } = await import('../registry/credentials.ts')
  return credentialsFor(parseReference(image).registry, env)
}

/** By registry: `docker.io` or the first part of an image's name. */
export async function allCredentials(
  env: Readonly<Record<string, string | undefined>>,
  onFailure: (sentence: string) => void,
): Promise<Record<string, Credentials>> {
  const { allCredentials, registryOf } = await import('../registry/credentials.ts')
  const all = Object.entries(await allCredentials(env, onFailure))
  return Object.fromEntries(all.map(([address, credentials]) => [registryOf(address), credentials]))
}
