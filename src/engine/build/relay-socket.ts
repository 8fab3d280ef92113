// A socket of one's own before another's: the agent of the user belongs to the user, and a step's is of whom its mount
// says.
import { chmodSync, chownSync, closeSync, openSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'

export interface Relay {
  close(): void
}

export interface SocketOwner {
  mode: number
  uid: number
  gid: number
}

/** Whoever connects to `path` is connected to `target`. */
export async function relaySocket(target: string, path: string, { mode, uid, gid }: SocketOwner): Promise<Relay> {
  const open = new Set<Socket>()
  const server = createServer(asker => {
    const answerer = connect(target)
    for (const [one, other] of [
      [asker, answerer],
      [answerer, asker],
    ] as const) {
      open.add(one)
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
      // Its end is told to the other side by the close.
      one.on('error', () => {})
      one.pipe(other)
    }
  })
  // A socket's address holds 107 bytes of path: go by the folder's descriptor.
  const fd = openSync(dirname(path), 'r')
  const address = `/proc/self/fd/${fd}/${basename(path)}`
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(address, resolve))
  chownSync(path, uid, gid)
  chmodSync(path, mode)
  return {
    close() {
      server.close(() => closeSync(fd))
      for (const socket of open) socket.destroy()
      rmSync(path, { force: true })
    },
  }
}
