// Asks the name servers outside, from the host's network namespace: first by the way the question came.
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const attemptTimeout = 2000

/** The first answer of the servers, asked one after the other; undefined when none answers. */
export async function ask(
  servers: readonly string[],
  query: Buffer,
  protocol: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  for (const server of servers) {
    const answer = await (protocol === 'udp' ? askByUdp(server, query) : askByTcp(server, query))
    if (answer) return answer
  }
  return undefined
}

function askByUdp(server: string, query: Buffer): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4')
    const finish = (answer?: Buffer) => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(finish, attemptTimeout)
    socket.once('error', () => finish())
    socket.on('message', message => {
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(message)
    })
    // A connected socket takes answers of that server only, and hears at once that nobody listens.
    socket.connect(53, server, () => socket.send(query))
  })
}

function askByTcp(server: string, query: Buffer): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = connect(53, server)
    let received: Buffer = Buffer.alloc(0)
    const finish = (answer?: Buffer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(attemptTimeout, () => finish())
    socket.once('error', () => finish())
    socket.once('end', () => finish())
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = received.length >= 2 ? received.readUInt16BE(0) : Number.POSITIVE_INFINITY
      if (received.length >= length + 2) finish(received.subarray(2, length + 2))
    })
    socket.write(withLength(query))
  })
}

/** TCP messages begin with their length (RFC 1035, 4.2.2). */
export function withLength(message: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(message.length)
  return Buffer.concat([head, message])
}
