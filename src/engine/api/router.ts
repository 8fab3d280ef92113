// Routes as data: per resource a table, a handler each. Handlers return a value or throw; only this file and
// respond.ts know HTTP.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export interface Request {
  /** Path parameters, decoded. */
  parameters: Record<string, string>
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** The body as JSON, nulls left out; an empty body is an empty object. */
  json<T>(): Promise<T>
  body: IncomingMessage
  /** Fires when the client has gone. */
  signal: AbortSignal
  /** Takes the raw connection over, after a 101 or 200 with this content type. */
  hijack(contentType: string): Duplex
}

/** What a handler answers: JSON, nothing, a text, a stream of chunks, or it has taken the connection over. */
export type Reply =
  | { json: unknown; status?: number }
  | { text: string; headers?: Record<string, string> }
  | { status: 204 | 304 }
  | { stream: AsyncIterable<Uint8Array>; contentType: string }
  | { hijacked: true }

export type Handler = (request: Request) => Promise<Reply> | Reply

/** `'GET /containers/:id/json'` → handler. `:name...` takes slashes too. */
export type Routes = Record<string, Handler>

export interface Route {
  method: string
  handler: Handler
  match(path: string): Record<string, string> | undefined
}

export function compileRoutes(tables: readonly Routes[]): Route[] {
  return tables.flatMap(table =>
    Object.entries(table).map(([key, handler]) => {
      const [method = '', pattern = ''] = key.split(' ')
      const names: string[] = []
      const source = pattern.replace(/:(\w+)(\.\.\.)?/g, (_, name: string, rest: string | undefined) => {
        names.push(name)
        return rest ? '(.+)' : '([^/]+)'
      })
      const expression = new RegExp(`^${source}$`)
      return {
        method,
        handler,
        match(path: string) {
          const found = expression.exec(path)
          return found
            ? Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]))
            : undefined
        },
      }
    }),
  )
}

/** `1`, `true`, `True` and the like are true, as Docker Engine reads them; anything else and nothing are false. */
export const flag = (query: URLSearchParams, name: string): boolean => {
  const value = (query.get(name) ?? '').toLowerCase()
  return value !== '' && !['0', 'no', 'false', 'none'].includes(value)
}
