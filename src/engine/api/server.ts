// The Engine API on a unix socket. INVARIANTS: a request ends in one reply or one error; a client that goes away
// aborts what was done for it; nothing a handler throws ends the process.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { statusOf, textOf } from '../../docker/protocol/status.ts'
import { ComposeError } from '../../shared/errors.ts'
import { packageVersion } from '../../shared/version.ts'
import { readBody } from './read-body.ts'
import { readQuery } from './read-query.ts'
import { type AnyRequest, compileRoutes, type Reply, type Route, type Routes } from './router.ts'
import { notServed, refuseUnsupported } from './unsupported.ts'

export const apiVersion = '1.51'
export const oldestApiVersion = '1.40'

/** docker build sends its build arguments in a header. */
const longestHeaders = 1024 * 1024
const longestBody = 16 * 1024 * 1024

export interface ApiServerOptions {
  routes: readonly Routes[]
  /** Called with each request and again at its end, so that an idle engine can be told. */
  onRequest: () => () => void
  log: (line: string) => void
  /** Adds what the reader can do to an error whose reason is the host's state. */
  explain: (error: unknown) => unknown
}

export function createApiServer({ routes: tables, onRequest, log, explain }: ApiServerOptions): Server {
  const routes = compileRoutes(tables)
  const server = createServer({
    maxHeaderSize: longestHeaders,
    requestTimeout: 0,
    headersTimeout: 60_000,
    keepAliveTimeout: 0,
  })
  // Streams may be silent for hours.
  server.timeout = 0

  server.on('request', (incoming, response) => {
    const done = onRequest()
    response.once('close', done)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    void answer(routes, incoming, hijackOf(incoming, response), gone.signal, log).then(
      reply => respond(incoming, response, reply).catch(() => response.destroy()),
      error => fail(incoming, response, explain(error), log),
    )
  })

  server.on('upgrade', (incoming, socket, head) => {
    const done = onRequest()
    socket.once('close', done)
    socket.on('error', () => socket.destroy())
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    void answer(routes, incoming, upgradeOf(socket, head), gone.signal, log).then(
      reply => {
        if (!('hijacked' in reply))
          socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      },
      thrown => {
        const error = explain(thrown)
        const body = JSON.stringify({ message: textOf(error) })
        const status = statusOf(error)
        socket.end(
          `HTTP/1.1 ${status} Error\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
      },
    )
  })
  return server
}

async function answer(
  routes: readonly Route[],
  incoming: IncomingMessage,
  hijack: AnyRequest['hijack'],
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<Reply> {
  const url = new URL(incoming.url ?? '/', 'http://engine')
  const path = withoutVersion(url.pathname)
  const method = incoming.method ?? 'GET'
  let known = false
  for (const route of routes) {
    const parameters = route.match(path)
    if (!parameters) continue
    known = true
    if (route.method !== method && !(method === 'HEAD' && route.method === 'GET')) continue
    const { key, handler, operation } = route
    if (handler === undefined) throw notServed(key, operation.tag)
    const query = readQuery(url.searchParams, operation)
    refuseUnsupported(key, query)
    const { body: shape = {}, bodyRequired = false } = operation
    const json = async () => readBody(await readText(incoming), shape, bodyRequired)
    const request = { parameters, query, headers: incoming.headers, json, body: incoming, signal, hijack }
    // Query and body are now what the route's operation says, which is what the types of its handler say.
    return handler(request as never)
  }
  log(`no route: ${method} ${path}`)
  throw new ComposeError(
    'not_found',
    known ? `method ${method} is not allowed for ${path}` : `page not found: ${path} is not served by this engine`,
  )
}

function withoutVersion(path: string): string {
  const [, version, rest] = /^\/v(\d+\.\d+)(\/.*)$/.exec(path) ?? []
  if (version === undefined || rest === undefined) return path
  const number = (text: string) => Number(text.split('.')[1])
  if (number(version) < number(oldestApiVersion)) {
    throw new ComposeError(
      'invalid_argument',
      `client version ${version} is too old. Minimum supported API version is ${oldestApiVersion}, please upgrade your client to a newer version`,
    )
  }
  if (number(version) > number(apiVersion)) {
    throw new ComposeError(
      'invalid_argument',
      `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
    )
  }
  return rest
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    if (size > longestBody) throw new ComposeError('invalid_argument', 'request body larger than 16 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const commonHeaders = {
  'Api-Version': apiVersion,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `tsc-compose/${packageVersion()}`,
}

async function respond(incoming: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  if ('hijacked' in reply) return
  for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value)
  if ('json' in reply) {
    send(incoming, response, reply.status ?? 200, 'application/json', `${JSON.stringify(reply.json)}\n`)
  } else if ('text' in reply) {
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
    send(incoming, response, 200, 'text/plain; charset=utf-8', reply.text)
  } else if ('stream' in reply) {
    response.writeHead(200, { 'Content-Type': reply.contentType, ...reply.headers })
    // The client waits for the head before anything happens.
    response.flushHeaders()
    await pipeline(reply.stream, response)
  } else {
    response.writeHead(reply.status, reply.headers).end()
  }
}

function send(incoming: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(incoming.method === 'HEAD' ? undefined : body)
}

function fail(incoming: IncomingMessage, response: ServerResponse, error: unknown, log: (line: string) => void): void {
  const status = statusOf(error)
  if (status === 500)
    log(
      `${incoming.method} ${incoming.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value)
  send(incoming, response, status, 'application/json', `${JSON.stringify({ message: textOf(error) })}\n`)
}

function upgradeOf(socket: Duplex, head: Buffer): AnyRequest['hijack'] {
  return contentType => {
    socket.write(`HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`)
    if (head.length > 0) socket.unshift(head)
    return socket
  }
}

/** Old clients hijack without asking for an upgrade: the HTTP parser must let go of the connection. */
function hijackOf(incoming: IncomingMessage, response: ServerResponse): AnyRequest['hijack'] {
  return contentType => {
    const { socket } = incoming
    response.detachSocket(socket)
    socket.removeAllListeners('data')
    socket.on('error', () => socket.destroy())
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nConnection: close\r\n\r\n`)
    return socket
  }
}
