// The root file system of a container: its image's layers below, a folder of its own on top.
import { lstatSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { close, MS, mount, O, openInRoot } from '../kernel/libc.ts'
import { mountOverlay, unmount } from '../kernel/mounts.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { ContainerRecord } from './record.ts'

export interface RootFileSystems {
  /** Makes the folder that holds what the container changes. */
  create(record: ContainerRecord): void
  /** Mounts it, and returns where. */
  mount(record: ContainerRecord): string
  /** Mounts it together with the container's volumes, for somebody else than the container. */
  mountWhole(record: ContainerRecord): string
  unmount(record: ContainerRecord): void
}

export interface RootFileSystemsOptions {
  /** Where root file systems are mounted. */
  folder: string
  volumes: Volumes
  folderOf: (record: ContainerRecord) => string
  /** Top layer first. */
  lowerFolders: (imageId: string) => string[]
}

export function createRootFileSystems({
  folder,
  volumes,
  folderOf,
  lowerFolders,
}: RootFileSystemsOptions): RootFileSystems {
  const place = (record: ContainerRecord) => join(folder, record.id)
  const upper = (record: ContainerRecord) => join(folderOf(record), 'upper')
  const work = (record: ContainerRecord) => join(folderOf(record), 'work')
  const rootfs: RootFileSystems = {
    create(record) {
      for (const path of [upper(record), work(record)]) mkdirSync(path, { recursive: true, mode: 0o755 })
    },
    mount(record) {
      const target = place(record)
      mkdirSync(target, { recursive: true })
      unmount(target)
      mountOverlay({ target, lower: lowerFolders(record.imageId), upper: upper(record), work: work(record) })
      for (const name of ['proc', 'sys', 'dev']) makeFolder(join(target, name))
      return target
    },
    mountWhole(record) {
      const target = rootfs.mount(record)
      for (const { type, name, source, destination } of record.mounts) {
        if (type !== 'tmpfs') bindInside(target, destination, type === 'volume' && name ? volumes.path(name) : source)
      }
      return target
    },
    unmount(record) {
      unmount(place(record))
      removeFolder(place(record))
    },
  }
  return rootfs
}

/**
 * The runtime makes links and nodes in these: where an image has a link instead, runc 1.1 makes them at its end, on the
 * host. Docker Engine replaces such a link too.
 */
function makeFolder(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return
  if (found) unlinkSync(path)
  mkdirSync(path, { mode: 0o755 })
}

/** Binds `source` where the container's own links lead to, not the host's. */
function bindInside(root: string, destination: string, source: string): void {
  let fd: number
  try {
    fd = openInRoot(root, destination, O.PATH)
  } catch {
    // The place is made at the container's start; nothing can be there before.
    return
  }
  try {
    mount(source, `/proc/self/fd/${fd}`, '', MS.BIND)
  } finally {
    close(fd)
  }
}

/** Never recursively: were something still mounted there, its files would go. */
function removeFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Not there, or still in use: the next start takes it again.
  }
}
