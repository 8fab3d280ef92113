// TCP to a published port that no rule can send on: on [::] and [::1].
import { connect, createServer, type Server } from 'node:net'

/** Where it goes is known once the container's network is up. */
export interface Relayed {
  request: { port: number }
  target: { address: string } | undefined
}

export function relayTcp(reservation: Relayed, fd: number): Server {
  const server = createServer({ pauseOnConnect: true }, client => {
    const { target, request } = reservation
    if (!target) return client.destroy()
    const upstream = connect(request.port, target.address)
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    return client.resume()
  })
  server.on('error', () => server.close())
  server.listen({ fd })
  server.unref()
  return server
}
