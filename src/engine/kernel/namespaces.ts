// Work in another network or mount namespace, on the calling thread. Between entering and leaving only
// synchronous work may run: libuv would start its pool threads in the wrong namespace for good.
import { closeSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CLONE, close, MNT_DETACH, MS, mount, O, open, setns, umount, unshare } from './libc.ts'

const threadNs = (kind: 'net' | 'mnt') => open(`/proc/thread-self/ns/${kind}`, O.RDONLY)

/** Creates a network namespace that lives as long as `path` is mounted; `arrange` is called inside it. */
export function createNetns(path: string, arrange: () => void): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  const home = threadNs('net')
  try {
    unshare(CLONE.NEWNET)
    try {
      mount('/proc/thread-self/ns/net', path, '', MS.BIND)
      arrange()
    } finally {
      comeHome(home, CLONE.NEWNET)
    }
  } catch (error) {
    removeNetns(path)
    throw error
  } finally {
    close(home)
  }
}

/** Unmounts and removes a network namespace's file; the kernel takes its links down with it. */
export function removeNetns(path: string): void {
  try {
    umount(path, MNT_DETACH)
  } catch {
    // Not mounted: only the file is left.
  }
  rmSync(path, { force: true })
}

/** Runs `work`, which must be synchronous, inside the network namespace at `path`. */
export function inNetns<T>(path: string, work: () => T): T {
  const home = threadNs('net')
  const away = open(path, O.RDONLY)
  try {
    setns(away, CLONE.NEWNET)
    try {
      return work()
    } finally {
      comeHome(home, CLONE.NEWNET)
    }
  } finally {
    close(away)
    close(home)
  }
}

/**
 * Runs `work`, which must be synchronous, in a copy of the mount namespace that `arrange` may change. A process
 * started there keeps the copy alive, so only short-lived ones may be.
 */
export function inMountCopy<T>(arrange: () => void, work: () => T): T {
  const home = threadNs('mnt')
  try {
    unshare(CLONE.NEWNS)
    try {
      arrange()
      return work()
    } finally {
      comeHome(home, CLONE.NEWNS)
    }
  } finally {
    closeSync(home)
  }
}

/** Runs `work`, which must be synchronous, in the mount namespace of a process: paths are those that it sees. */
export function inMountsOf<T>(pid: number, work: () => T): T {
  const home = threadNs('mnt')
  try {
    const away = open(`/proc/${pid}/ns/mnt`, O.RDONLY)
    try {
      // A thread that shares its root with others may not go.
      unshare(CLONE.FS)
      setns(away, CLONE.NEWNS)
      try {
        return work()
      } finally {
        comeHome(home, CLONE.NEWNS)
      }
    } finally {
      close(away)
    }
  } finally {
    close(home)
  }
}

/** A thread that can't return would do the engine's later work in a stranger's namespace: stop at once. */
function comeHome(fd: number, type: number): void {
  try {
    setns(fd, type)
  } catch (error) {
    console.error('cannot return to the own namespace', error)
    process.abort()
  }
}
