// Ends of processes that are not children of the engine, by pidfd (pidfd_open(2)): no id that is used again can be
// taken for them, and all are asked about in one call.
import koffi from 'koffi'
import { isErrno } from '../../shared/errors.ts'
import { errnoError } from './libc.ts'

const libc = koffi.load('libc.so.6')
const pidfdOpen = libc.func('syscall', 'long', ['long', 'int', 'uint'])
const poll = libc.func('int poll(_Inout_ void *fds, ulong count, int timeout)')

const SYS_pidfd_open = 434
const POLLIN = 1
/** struct pollfd: a descriptor, the events asked for, the events that came. */
const entrySize = 8

/** A descriptor with O_CLOEXEC, which becomes readable with the end of the process. */
export function openPidfd(pid: number): number {
  const fd = Number(pidfdOpen(SYS_pidfd_open, pid, 0))
  if (fd < 0) throw errnoError('pidfd_open', String(pid))
  return fd
}

/** Those of the descriptors whose process has ended, zombies included. Does not wait. */
export function endedAmong(fds: readonly number[]): Set<number> {
  const entries = Buffer.alloc(fds.length * entrySize)
  for (const [index, fd] of fds.entries()) {
    entries.writeInt32LE(fd, index * entrySize)
    entries.writeInt16LE(POLLIN, index * entrySize + 4)
  }
  if (poll(entries, fds.length, 0) < 0) {
    const error = errnoError('poll')
    // A signal in between, such as the end of a child of ours; the kernel tells of it only when none has ended.
    if (isErrno(error, 'EINTR')) return new Set()
    throw error
  }
  return new Set(fds.filter((_, index) => entries.readInt16LE(index * entrySize + 6) !== 0))
}
