// The engine as a service of systemd, which says so by NOTIFY_SOCKET: it is told when the engine is ready
// (sd_notify(3)), and it is the one that starts the engine again.
import { request } from 'node:http'
import { AF, close, connect, SOCK, send, socket } from '../kernel/libc.ts'

export interface ServiceManager {
  ready(): void
}

/** Undefined where no service manager waits. Takes the variable out of `env`, which children must not have. */
export function serviceManager(env: NodeJS.ProcessEnv): ServiceManager | undefined {
  const path = env.NOTIFY_SOCKET
  delete env.NOTIFY_SOCKET
  if (!path) return undefined
  return {
    ready() {
      const fd = socket(AF.UNIX, SOCK.DGRAM, 0)
      try {
        connect(fd, unixAddress(path))
        send(fd, Buffer.from('READY=1'))
      } finally {
        close(fd)
      }
    },
  }
}

/** struct sockaddr_un; an @ at the beginning is an abstract address. */
export function unixAddress(path: string): Buffer {
  const name = Buffer.from(path)
  const address = Buffer.alloc(2 + name.length + (path.startsWith('@') ? 0 : 1))
  address.writeUInt16LE(AF.UNIX, 0)
  name.copy(address, 2)
  if (path.startsWith('@')) address[2] = 0
  return address
}

/** Milliseconds. */
const giveWayDeadline = 5000

/** Asks an engine that a command started to go, and to leave its containers for this one. */
export function askToGiveWay(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = '{"stopContainers":false}'
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
    const asking = request({ socketPath, path: '/x/shutdown', method: 'POST', headers }, response => {
      response.resume().once('close', resolve)
    })
    asking.once('error', reject)
    asking.setTimeout(giveWayDeadline, () => asking.destroy(new Error(`no answer from ${socketPath}`)))
    asking.end(body)
  })
}
