// Ports of the host, for tests that listen on one, publish one or find one taken.
import { createServer, type Server } from 'node:net'

/** A port that nobody has; it is given back before it is used. */
export async function freePort(): Promise<number> {
  const { port, server } = await takePort()
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Listens on every address. */
export function takePort(): Promise<{ port: number; server: Server }> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no TCP address'))
      else resolve({ port: address.port, server })
    })
  })
}
