// Answers a registry's 401: with a password, or with a token that its realm gives for it (distribution token
// authentication; RFC 6750 for the challenge).
import type { Credentials } from './credentials.ts'

/** The challenge of a `WWW-Authenticate` header. */
interface Challenge {
  scheme: string
  realm?: string
  service?: string
  scope?: string
}

function parseChallenge(header: string): Challenge {
  const scheme = /^\s*(\w+)/.exec(header)?.[1]?.toLowerCase() ?? ''
  return {
    ...Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])),
    scheme,
  }
}

export interface AuthorizeOptions {
  /** The header of the 401. */
  challenge: string
  /** Asked for where the challenge names no scope: `repository:library/alpine:pull`. */
  scope: string
  credentials: Credentials | undefined
  signal: AbortSignal | undefined
}

/** The value of an Authorization header, or the realm's refusal; undefined where there is nothing to show. */
export async function authorize(options: AuthorizeOptions): Promise<string | Response | undefined> {
  const { challenge, credentials, signal } = options
  if (credentials?.registrytoken) return `Bearer ${credentials.registrytoken}`
  const basic = credentials?.username
    ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`).toString('base64')}`
    : undefined
  const { scheme, realm, service, scope = options.scope } = parseChallenge(challenge)
  if (scheme === 'basic' || !realm) return basic
  const parameters = new URLSearchParams({ ...(service ? { service } : {}), scope })
  const stop = signal ? { signal } : {}
  const response = credentials?.identitytoken
    ? await fetch(realm, {
        method: 'POST',
        body: withRefreshToken(parameters, credentials.identitytoken),
        ...stop,
      })
    : await fetch(withParameters(realm, parameters), { headers: basic ? { authorization: basic } : {}, ...stop })
  if (!response.ok) return response
  const { token, access_token: other } = (await response.json()) as { token?: unknown; access_token?: unknown } // checked
  const value = token ?? other
  return typeof value === 'string' ? `Bearer ${value}` : undefined
}

function withRefreshToken(parameters: URLSearchParams, token: string): URLSearchParams {
  for (const [name, value] of [
    ['grant_type', 'refresh_token'],
    ['client_id', 'tsc-compose'],
    ['refresh_token', token],
  ] as const)
    parameters.set(name, value)
  return parameters
}

function withParameters(realm: string, parameters: URLSearchParams): URL {
  const url = new URL(realm)
  for (const [name, value] of parameters) url.searchParams.set(name, value)
  return url
}
