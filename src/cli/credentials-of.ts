// The user's credentials for an image, as every call that has an engine ask a registry sends them.
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
