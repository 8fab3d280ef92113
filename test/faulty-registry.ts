// A proxy before a real registry that does what networks and registries do: cuts, wrong bytes, silence, refusals, tokens
// that expire, redirects to a store of blobs. What it does to which request is the test's to say.
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Fault =
  /** An answer instead of the registry's. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** The connection ends after so many bytes of the answer's body. */
  | { kind: 'cut'; after: number }
  /** So does the answer, which says nothing of its length. */
  | { kind: 'short'; after: number }
  /** One byte is another. */
  | { kind: 'wrong'; at: number }
  /** Nothing comes any more, and the connection stays. */
  | { kind: 'silence'; after: number }
  /** The connection ends after so many bytes of the request's body. */
  | { kind: 'cutUpload'; after: number }
  /** To the same path of another server. */
  | { kind: 'redirect'; to: string }
  /** The header Range is not looked at. */
  | { kind: 'noRange' }

export interface Asked {
  method: string
  path: string
  headers: http.IncomingHttpHeaders
  /** How many requests of this method and path came before. */
  before: number
}

export interface FaultyRegistry extends AsyncDisposable {
  host: string
  /** All that came, in order. */
  asked: Asked[]
  server: Server
}

/** `faultOf` is asked for each request. */
export async function startFaultyRegistry(
  target: string,
  faultOf: (asked: Asked) => Fault | undefined,
): Promise<FaultyRegistry> {
  const asked: Asked[] = []
  const server = http.createServer((request, response) => {
    const [method = '', path = ''] = [request.method, request.url]
    const before = asked.filter(one => one.method === method && one.path === path).length
    const one = { method, path, headers: request.headers, before }
    asked.push(one)
    request.on('error', () => {})
    response.on('error', () => {})
    pass(target, request, response, faultOf(one))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    asked,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function pass(target: string, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
  if (fault?.kind === 'status') {
    // A server that closed at once would take its own answer away from a client that still sends.
    request.resume().on('end', () => response.writeHead(fault.status, fault.headers).end(fault.body ?? ''))
    return
  }
  if (fault?.kind === 'redirect') {
    request.resume()
    response.writeHead(307, { location: `${fault.to}${request.url}` }).end()
    return
  }
  const headers = { ...request.headers }
  if (fault?.kind === 'noRange') delete headers.range
  const outgoing = http.request(
    `http://${target}${request.url}`,
    { method: request.method ?? 'GET', headers },
    answer => {
      answer.on('error', () => response.destroy())
      const own = { ...answer.headers }
      if (fault?.kind === 'short') delete own['content-length']
      response.writeHead(answer.statusCode ?? 0, own)
      response.flushHeaders()
      let sent = 0
      answer.on('data', (chunk: Buffer) => {
        const damaged = damage(fault, chunk, sent)
        sent += chunk.length
        const isLast = (fault?.kind === 'cut' || fault?.kind === 'short') && sent >= fault.after
        if (isLast) answer.destroy()
        // What was written goes out first.
        const end = () => void (fault?.kind === 'cut' ? response.destroy() : response.end())
        if (damaged.length > 0) response.write(damaged, () => isLast && end())
        else if (isLast) end()
      })
      answer.on('end', () => {
        if (fault?.kind !== 'silence') response.end()
      })
    },
  )
  outgoing.on('error', () => response.destroy())
  if (fault?.kind === 'cutUpload') {
    let got = 0
    request.on('data', (chunk: Buffer) => {
      outgoing.write(chunk.subarray(0, Math.max(0, fault.after - got)))
      got += chunk.length
      if (got < fault.after) return
      // The registry is left with what it has got: it sees the end of the connection.
      outgoing.write('', () => outgoing.destroy())
      request.destroy()
    })
  } else request.pipe(outgoing)
}

function damage(fault: Fault | undefined, chunk: Buffer, sent: number): Buffer {
  if (fault?.kind === 'wrong' && fault.at >= sent && fault.at < sent + chunk.length) {
    const other = Buffer.from(chunk)
    other[fault.at - sent] = (other[fault.at - sent] ?? 0) ^ 1
    return other
  }
  if (fault?.kind === 'cut' || fault?.kind === 'short' || fault?.kind === 'silence')
    return chunk.subarray(0, Math.max(0, fault.after - sent))
  return chunk
}
