// One request to an Engine API: JSON in; JSON, a stream or a hijacked connection out. Whatever fails comes back
// as ComposeError with the engine's own text.
import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'
import { brokenAnswer, canceledOr } from '../protocol/broken-answer.ts'
import { codeOf } from '../protocol/status.ts'
import { type Reach, reach } from './agent.ts'
import { describeEndpoint, type Endpoint } from './endpoint.ts'

/** Every call of the client takes these; the name is dockerode's. */
export interface CallOptions {
  abortSignal?: AbortSignal | undefined
}

/** The header with the API document's AuthConfig, for calls in which the engine asks a registry. */
export function registryAuth(authconfig: object | undefined): Record<string, string> {
  return authconfig ? { 'X-Registry-Auth': Buffer.from(JSON.stringify(authconfig)).toString('base64url') } : {}
}

export type QueryValue = string | number | boolean | undefined | readonly string[] | Readonly<Record<string, unknown>>

export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  /** Without version, already escaped. */
  path: string
  /** Objects go as JSON, lists as one parameter each, undefined is left out. */
  query?: Record<string, QueryValue>
  body?: unknown
  /** A body that is not JSON. */
  upload?: Readable | Buffer
  headers?: Record<string, string>
  abortSignal?: AbortSignal | undefined
}

/** A hijacked connection: end() closes our half only, the engine's half stays readable. */
export type Hijacked = Duplex

export interface Http {
  endpoint: Endpoint
  /** Of every request. */
  headers: Readonly<Record<string, string>>
  /** Put before every path, such as `/v1.51`. */
  prefix: string
  /** The parsed body, or undefined when there is none. 304 counts as done. */
  json<T>(request: Request): Promise<T>
  stream(request: Request): Promise<IncomingMessage>
  hijack(request: Request): Promise<Hijacked>
  close(): void
}

export function openHttp(endpoint: Endpoint, headers: Readonly<Record<string, string>>): Http {
  const reached = reach(endpoint)
  const http: Http = {
    endpoint,
    headers,
    prefix: '',
    async json<T>(request: Request) {
      const response = await send(reached, http, request)
      const text = await readText(response)
      // The caller names the type that the API document gives this response.
      return (text === '' ? undefined : parseJson(text, request)) as T
    },
    stream: request => send(reached, http, request),
    hijack: request => sendUpgrade(reached, http, request),
    close: () => reached.close(),
  }
  return http
}

function send(reached: Reach, http: Http, request: Request): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = open(reached, http, request, {})
    outgoing.on('error', cause => reject(connectionError(http, request, cause)))
    outgoing.on('response', response => {
      const status = response.statusCode ?? 0
      if (status < 400) return resolve(response)
      statusError(response, request).then(reject, reject)
    })
    write(outgoing, request)
  })
}

function sendUpgrade(reached: Reach, http: Http, request: Request): Promise<Hijacked> {
  return new Promise((resolve, reject) => {
    const outgoing = open(reached, http, request, { Connection: 'Upgrade', Upgrade: 'tcp' })
    outgoing.on('error', cause => reject(connectionError(http, request, cause)))
    outgoing.on('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    outgoing.on('response', response => {
      statusError(response, request).then(reject, reject)
    })
    write(outgoing, request)
  })
}

function open(reached: Reach, http: Http, request: Request, headers: Record<string, string>) {
  const json = request.body === undefined ? undefined : JSON.stringify(request.body)
  const length =
    json === undefined ? (Buffer.isBuffer(request.upload) ? request.upload.length : undefined) : Buffer.byteLength(json)
  return reached.http.request({
    ...reached.options,
    method: request.method,
    path: `${http.prefix}${request.path}${queryText(request.query)}`,
    headers: {
      ...http.headers,
      Host: hostOf(http.endpoint),
      'User-Agent': 'tsc-compose',
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(length === undefined
        ? request.method === 'POST' && !request.upload
          ? { 'Content-Length': 0 }
          : {}
        : { 'Content-Length': length }),
      ...headers,
      ...request.headers,
    },
    ...(request.abortSignal ? { signal: request.abortSignal } : {}),
  })
}

/** Of an engine behind TLS it is what its certificate is of; elsewhere a name is as good as any. */
function hostOf(endpoint: Endpoint): string {
  if (endpoint.kind !== 'tcp') return 'docker'
  const { host, port } = endpoint
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function write(outgoing: ReturnType<typeof open>, request: Request): void {
  if (request.upload && !Buffer.isBuffer(request.upload)) {
    request.upload.on('error', error => outgoing.destroy(error))
    request.upload.pipe(outgoing)
  } else if (request.upload) outgoing.end(request.upload)
  else outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body))
}

function queryText(query: Request['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) => textsOf(value).map(text => [key, text]))
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

function textsOf(value: QueryValue): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  return [typeof value === 'object' ? JSON.stringify(value) : String(value)]
}

/** The body as text; an aborted or broken response is an error, not a short text. */
export async function readText(response: Readable): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response) chunks.push(chunk)
  } catch (cause) {
    throw brokenAnswer(cause)
  }
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string, request: Request): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // /_ping answers `OK`.
    if (request.path === '/_ping') return text
    throw new ComposeError(
      'unavailable',
      `${request.method} ${request.path}: the answer is not JSON: ${text.slice(0, 200)}`,
    )
  }
}

async function statusError(response: IncomingMessage, request: Request): Promise<ComposeError> {
  const text = await readText(response).catch(messageOf)
  const status = response.statusCode ?? 0
  return new ComposeError(codeOf(status), messageIn(text) || `${request.method} ${request.path}: HTTP ${status}`)
}

function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (value && typeof value === 'object' && 'message' in value) return String(value.message)
  } catch {
    // Proxies between us and the engine answer in plain text.
  }
  return text.trim()
}

function connectionError(http: Http, request: Request, cause: unknown): ComposeError {
  return canceledOr(cause, () => {
    if (cause instanceof ComposeError) return cause
    const where = describeEndpoint(http.endpoint)
    if (isErrno(cause, 'ECONNREFUSED', 'ENOENT')) {
      return new ComposeError(
        'unavailable',
        `Cannot connect to the Docker daemon at ${where}. Is the docker daemon running?`,
        { cause },
      )
    }
    if (isErrno(cause, 'EACCES')) {
      return new ComposeError(
        'permission_denied',
        `permission denied while trying to connect to the Docker daemon socket at ${where}`,
        { cause },
      )
    }
    return new ComposeError('unavailable', `${request.method} ${request.path} at ${where}: ${messageOf(cause)}`, {
      cause,
    })
  })
}

/** The engine has gone while it was asked or while its answer was read; it may come back. */
export function isConnectionLost(thrown: unknown): boolean {
  if (isErrno(thrown, 'ECONNRESET', 'EPIPE', 'ECONNREFUSED')) return true
  // An engine that answers that something else is unavailable is still there: such an error has no cause of its own.
  if (!(thrown instanceof ComposeError) || thrown.code !== 'unavailable') return false
  return thrown.cause instanceof Error && !(thrown.cause instanceof ComposeError)
}
