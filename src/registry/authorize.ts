// Answers a registry's 401: with a password, or with a token that its realm gives for it (distribution token
// authentication; RFC 6750 for the challenge).
import { ComposeError } from '../shared/errors.ts'
import type { Credentials } from './credentials.ts'
import { type Answer, isLoopback, type Transport } from './transport.ts'

const mostBytes = 1 << 20

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
  transport: Transport
  /** The header of the 401. */
  challenge: string
  /** The registry that gave it. */
  origin: string
  /** What is asked for besides what the challenge names: `repository:library/alpine:pull`. */
  scopes: readonly string[]
  credentials: Credentials | undefined
  signal: AbortSignal | undefined
}

/** The value of an Authorization header, or the realm's refusal; undefined where there is nothing to show. */
export async function authorize(options: AuthorizeOptions): Promise<string | Answer | undefined> {
  const { transport, challenge, credentials, signal, origin } = options
  if (credentials?.registrytoken) return `Bearer ${credentials.registrytoken}`
  const basic = credentials?.username
    ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`).toString('base64')}`
    : undefined
  const { scheme, realm, service, scope = '' } = parseChallenge(challenge)
  if (scheme === 'basic' || !realm) return basic
  const secret = credentials?.identitytoken ?? basic
  if (secret) refuseToTell(realm, origin)
  const scopes = [...new Set([...scope.split(' ').filter(Boolean), ...options.scopes])]
  const answer = credentials?.identitytoken
    ? await transport.send({
        method: 'POST',
        url: realm,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: refreshForm(service, scopes, credentials.identitytoken),
        signal,
      })
    : await transport.send({
        method: 'GET',
        url: withScopes(realm, service, scopes),
        headers: basic ? { authorization: basic } : {},
        signal,
      })
  if (answer.status < 200 || answer.status > 299) return answer
  const value = tokenOf(await shortText(answer.body))
  return value === undefined ? undefined : `Bearer ${value}`
}

/** A password goes elsewhere than to the registry as it was asked only where nobody on the way can read it. */
function refuseToTell(realm: string, origin: string): void {
  const [target, own] = [URL.parse(realm), new URL(origin)]
  const isPrivate = target?.protocol === 'https:' || (target !== null && isLoopback(target.hostname))
  if (isPrivate || target?.origin === own.origin) return
  const where = target?.host === own.host ? '' : 'another host, '
  throw new ComposeError(
    'permission_denied',
    `${own.host} asks for its credentials to be sent to ${realm}: ${where}without TLS`,
    { hint: 'the registry or somebody on the way has a wrong token service' },
  )
}

/** Tokens have some kilobytes: a service that does not end is none. */
async function shortText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > mostBytes) throw new ComposeError('unavailable', `a token of more than ${mostBytes >> 20} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function tokenOf(answer: string): string | undefined {
  try {
    const { token, access_token: other } = JSON.parse(answer) as { token?: unknown; access_token?: unknown } // checked
    const value = token ?? other
    return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : undefined
  } catch {
    return undefined
  }
}

function refreshForm(service: string | undefined, scopes: readonly string[], token: string): string {
  return new URLSearchParams({
    ...(service ? { service } : {}),
    scope: scopes.join(' '),
    grant_type: 'refresh_token',
    client_id: 'tsc-compose',
    refresh_token: token,
  }).toString()
}

function withScopes(realm: string, service: string | undefined, scopes: readonly string[]): string {
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  return url.href
}
