// One HTTP exchange with a registry or its token service: TLS as the registry's settings say, proxies of the
// environment, redirects. INVARIANT: an Authorization header goes to the origin it was given for, and to no other.
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIPv4 } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { ComposeError, messageOf } from '../shared/errors.ts'
import { packageVersion } from '../shared/version.ts'
import type { Environment } from './docker-config.ts'
import type { Certificates } from './settings.ts'

export interface Exchange {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | AsyncIterable<Uint8Array> | undefined
  signal?: AbortSignal | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Where it came from in the end. */
  url: string
  body: IncomingMessage
}

export interface Transport {
  send(exchange: Exchange): Promise<Answer>
  /** Ends idle connections. */
  close(): void
}

export interface Trust {
  certificates?: Certificates | undefined
  /** The certificate is not checked. */
  insecure?: boolean | undefined
}

export interface TransportOptions {
  env: Environment
  /** By host, since a registry may send us to others. Without it: as the system has it. */
  trust?: ((url: URL) => Trust) | undefined
  /** Milliseconds without a byte after which a connection is given up. */
  patience?: number | undefined
}

const defaultPatience = 30_000
const mostRedirects = 5
const redirections = [301, 302, 303, 307, 308]

export function openTransport(options: TransportOptions): Transport {
  const { env, trust = () => ({}), patience = defaultPatience } = options
  const agents = new Map<string, http.Agent>()

  const transport: Transport = {
    async send(exchange) {
      let current = exchange
      for (let redirects = 0; ; redirects++) {
        const answer = await exchangeOnce(current)
        const { location } = answer.headers
        const isAsking = current.method === 'GET' || current.method === 'HEAD'
        if (!redirections.includes(answer.status) || location === undefined || !isAsking) return answer
        answer.body.resume()
        if (redirects === mostRedirects)
          throw new ComposeError('unavailable', `${exchange.url}: redirected more than ${mostRedirects} times`)
        current = { ...current, ...redirected(current, location) }
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
  return transport

  function exchangeOnce({ method, url: text, headers = {}, body, signal }: Exchange): Promise<Answer> {
    const url = new URL(text)
    const secure = url.protocol === 'https:'
    const stream = typeof body === 'object'
    const own = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        method,
        agent: agentFor(url),
        // A content encoding would change the bytes that a digest is of.
        headers: {
          'user-agent': `tsc-compose/${packageVersion()}`,
          'accept-encoding': 'identity',
          ...own,
          ...headers,
        },
        timeout: patience,
        ...(signal ? { signal } : {}),
      })
      request.on('timeout', () =>
        request.destroy(new ComposeError('unavailable', `no byte came for ${patience / 1000} s`)),
      )
      request.on('error', reject)
      request.on('response', message => {
        resolve({ status: message.statusCode ?? 0, headers: message.headers, url: text, body: message })
      })
      // An answer may come before the body is sent; the failure is then the answer's.
      if (stream) pipeline(Readable.from(body, { objectMode: false }), request).catch(reject)
      else request.end(body)
    })
  }

  /** Connections are shared by what goes the same way. */
  function agentFor(url: URL): http.Agent {
    const secure = url.protocol === 'https:'
    const direct = isLoopback(url.hostname)
    const key = secure ? url.host : `plain ${direct}`
    const known = agents.get(key)
    if (known) return known
    const proxied = direct ? {} : { proxyEnv: proxiesOf(env) }
    const common = { keepAlive: true, timeout: patience, ...proxied }
    const agent = secure ? secureAgent(trust(url), common) : new http.Agent(common)
    agents.set(key, agent)
    return agent
  }
}

function secureAgent({ certificates, insecure = false }: Trust, common: http.AgentOptions): https.Agent {
  return new https.Agent({ ...common, secureContext: contextFor(certificates), rejectUnauthorized: !insecure })
}

/** Credentials stay behind where the origin changes. */
function redirected({ url, headers = {} }: Exchange, location: string): Pick<Exchange, 'url' | 'headers'> {
  const target = URL.parse(location, url)
  if (!target || !/^https?:$/.test(target.protocol))
    throw new ComposeError('unavailable', `${url}: redirected to '${location}', which is no URL of HTTP`)
  const { authorization, ...rest } = headers
  const isSame = target.origin === new URL(url).origin
  return { url: target.href, headers: isSame && authorization ? { ...rest, authorization } : rest }
}

/** An address, or the one name that always is one: any other may be whoever's. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIPv4(host) && host.startsWith('127.')) || host === '[::1]' || host === '::1'

/** As Go reads them: a proxy may be named without a scheme. Loopback is never asked through one. */
function proxiesOf(env: Environment): NodeJS.ProcessEnv {
  const proxies: NodeJS.ProcessEnv = {}
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']) {
    const value = env[name]
    if (!value) continue
    const isProxy = !/^no_proxy$/i.test(name)
    const text = isProxy && !value.includes('://') ? `http://${value}` : value
    if (isProxy && !(URL.canParse(text) && /^https?:/.test(text)))
      throw new ComposeError('invalid_argument', `${name}: '${value}' is not a URL such as http://proxy.example:3128`)
    proxies[name] = text
  }
  return proxies
}

let plainContext: SecureContext | undefined

/** Registries inside a company have certificates that only the system's store knows. Made once: it takes a while. */
function contextFor({ authorities, client }: Certificates = { authorities: [] }): SecureContext {
  const make = () => {
    const system = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
    return createSecureContext({ ca: [...system, ...authorities.map(String)], ...client })
  }
  if (authorities.length > 0 || client) return make()
  plainContext ??= make()
  return plainContext
}

/** In the words of Docker's tools, which are Go's. */
export function failureOf({ method, url }: Pick<Exchange, 'method' | 'url'>, error: unknown): string {
  const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()}`
  return `failed to do request: ${verb} "${url}": ${reasonOf(url, error)}`
}

function reasonOf(text: string, error: unknown): string {
  const { hostname, port, protocol } = new URL(text)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const address = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
  if (code === 'ECONNREFUSED') return `dial tcp ${address}: connect: connection refused`
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`
  if (code === 'EPROTO' && /wrong version number|packet length/i.test(messageOf(error)))
    return 'http: server gave HTTP response to HTTPS client'
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ') || code
  return messageOf(error) || code
}
