// Routes as data: per resource a table, a handler each, under the names that the API document has for its operations.
// A handler gets what its operation describes, already checked, and returns a value or throws; only this file and
// server.ts know HTTP.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Operation, QueryOf } from '../../docker/protocol/contract.ts'
import { type ExtensionBodies, type ExtensionName, extensions } from '../../docker/protocol/extensions.ts'
import { operations } from '../../docker/protocol/operations.ts'
import type { RequestBodies } from '../../docker/protocol/types.ts'

type Documented = typeof operations
type Extended = { [N in ExtensionName as (typeof extensions)[N]['route']]: (typeof extensions)[N] }
type Bodies = RequestBodies & { [N in ExtensionName as (typeof extensions)[N]['route']]: ExtensionBodies[N] }

/** `'GET /containers/{id}/json'` */
export type OperationKey = keyof Documented | keyof Extended

type OperationOf<K extends OperationKey> = K extends keyof Documented
  ? Documented[K]
  : K extends keyof Extended
    ? Extended[K]
    : never

export const allOperations: Readonly<Record<string, Operation>> = {
  ...operations,
  ...Object.fromEntries(Object.values(extensions).map(extension => [extension.route, extension])),
}

/** Of any operation: what the types of one operation narrow. */
export interface AnyRequest {
  /** Path parameters, decoded. */
  parameters: Record<string, string>
  headers: IncomingMessage['headers']
  body: IncomingMessage
  /** Fires when the client has gone. */
  signal: AbortSignal
  /** Takes the raw connection over, after a 101 or 200 with this content type. */
  hijack(contentType: string): Duplex
}

export interface Request<K extends OperationKey> extends AnyRequest {
  query: QueryOf<OperationOf<K>>
  /** The body as its operation has it, nulls left out. */
  json(): Promise<K extends keyof Bodies ? Bodies[K] : never>
}

/** What a handler answers: JSON, nothing, a text, a stream of chunks, or it has taken the connection over. */
export type Reply =
  | { json: unknown; status?: number }
  | { text: string; headers?: Record<string, string> }
  | { status: 204 | 304; headers?: Record<string, string> }
  | { stream: AsyncIterable<Uint8Array>; contentType: string; headers?: Record<string, string> }
  | { hijacked: true }

export type Handler<K extends OperationKey> = (request: Request<K>) => Promise<Reply> | Reply

export type Routes = { readonly [K in OperationKey]?: Handler<K> }

export interface Route {
  key: string
  method: string
  operation: Operation
  /** Undefined for an operation that is described, and that this engine does not serve. */
  handler: ((request: never) => Promise<Reply> | Reply) | undefined
  match(path: string): Record<string, string> | undefined
}

/** One for each operation, those with fixed words before those with parameters. */
export function compileRoutes(tables: readonly Routes[]): Route[] {
  const handlers: Record<string, Route['handler']> = Object.assign({}, ...tables)
  // HEAD is GET without its body, unless it is served on its own.
  const handlerOf = (key: string) => handlers[key] ?? handlers[key.replace(/^HEAD /, 'GET ')]
  return Object.entries(allOperations)
    .map(([key, operation]) => ({ key, operation, handler: handlerOf(key), ...compilePath(key) }))
    .sort((a, b) => placeholders(a.key) - placeholders(b.key))
}

const placeholders = (key: string) => key.split('{').length

/** Names of images have slashes; all other parameters end at one. */
function compilePath(key: string): Pick<Route, 'method' | 'match'> {
  const [method = '', pattern = ''] = key.split(' ')
  const names: string[] = []
  const source = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name)
    return /^\/(?:images|distribution)\//.test(pattern) ? '(.+)' : '([^/]+)'
  })
  const expression = new RegExp(`^${source}$`)
  return {
    method,
    match(path) {
      const found = expression.exec(path)
      return found
        ? Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]))
        : undefined
    },
  }
}
