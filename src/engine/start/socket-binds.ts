// Containers that have the engine's socket (`use_api_socket`, or a bind of it): each engine listens on a socket of its
// own, so what they have is the one of an engine that is gone. It is exchanged in their mount namespaces.
import { statSync } from 'node:fs'
import { messageOf } from '../../shared/errors.ts'
import { isAlive } from '../../shared/processes.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import { close, detachedBind, MNT_DETACH, MS, mount, moveMount, umount } from '../kernel/libc.ts'
import { inMountsOf } from '../kernel/namespaces.ts'

/** Called when the socket is there. */
export function renewSocketBinds(
  records: readonly ContainerRecord[],
  socketPath: string,
  log: (line: string) => void,
): void {
  for (const record of records) {
    if (!isRunning(record) || !isAlive(record.state)) continue
    const binds = record.mounts.filter(({ type, source }) => type === 'bind' && isSame(source, socketPath))
    for (const { destination, readOnly } of binds) {
      try {
        renew(record.state.pid, socketPath, destination, readOnly)
      } catch (error) {
        log(`${record.name} keeps the socket of an earlier engine at ${destination}: ${messageOf(error)}`)
      }
    }
  }
}

function renew(pid: number, socketPath: string, destination: string, readOnly: boolean): void {
  const socket = detachedBind(socketPath)
  try {
    inMountsOf(pid, () => {
      // Fails where the container has taken it away itself: it is not to have it then.
      umount(destination, MNT_DETACH)
      moveMount(socket, destination)
      if (readOnly) mount('', destination, '', MS.REMOUNT | MS.BIND | MS.RDONLY)
    })
  } finally {
    close(socket)
  }
}

/** By whichever path it was named. */
function isSame(source: string, socketPath: string): boolean {
  if (source === socketPath) return true
  const [one, other] = [source, socketPath].map(path => statSync(path, { throwIfNoEntry: false }))
  return one?.isSocket() === true && one.ino === other?.ino && one.dev === other.dev
}
