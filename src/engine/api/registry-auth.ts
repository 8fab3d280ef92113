// The X-Registry-Auth header: what the client has for the registry that the engine is to ask.
import type { IncomingHttpHeaders } from 'node:http'
import type { Credentials } from '../../registry/credentials.ts'
import { ComposeError } from '../../shared/errors.ts'

/** Undefined where nobody has logged in. */
export function credentialsOf({ 'x-registry-auth': header }: IncomingHttpHeaders): Credentials | undefined {
  if (typeof header !== 'string' || header === '') return undefined
  try {
    const given: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
    // The API document's AuthConfig. Clients send an empty object where nobody has logged in.
    const credentials = (typeof given === 'object' && given !== null ? given : {}) as Credentials
    const { username, identitytoken, registrytoken } = credentials
    return username || identitytoken || registrytoken ? credentials : undefined
  } catch (cause) {
    throw new ComposeError('invalid_argument', 'invalid X-Registry-Auth header', { cause })
  }
}
