// The root file system of a container: its image's layers below, a folder of its own on top.
import { lstatSync, mkdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { close, MS, mount, O, openInRoot } from '../../kernel/libc.ts'
import { mountOverlay, mountReadOnly, placeWithin, unmount } from '../../kernel/mounts.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import type { ContainerRecord, MountRecord } from '../record.ts'
import type { StorageLimits } from './storage-limit.ts'

export interface RootFileSystems {
  /** Makes the folder that holds what the container changes. */
  create(record: ContainerRecord): void
  /** Mounts it, and returns where. */
  mount(record: ContainerRecord): string
  /** Mounts it together with the container's volumes, for somebody else than the container. */
  mountWhole(record: ContainerRecord): string
  /** Where it is mounted while the container runs. */
  mounted(record: ContainerRecord): string
  unmount(record: ContainerRecord): void
  /**
   * Mounts what mounts of the container are made from and isn't a place of the host: images, and folders without
   * what is mounted below. What was bound from them stays after their release.
   */
  prepareSources(record: ContainerRecord): PreparedSources
  /** Where the /dev/shm of a container that shares it is mounted, as long as that container runs. */
  sharedMemory(record: ContainerRecord): string
}

export interface PreparedSources {
  pathOf(mount: MountRecord): string | undefined
  release(): void
}

export interface RootFileSystemsOptions {
  /** Where root file systems are mounted. */
  folder: string
  volumes: Volumes
  folderOf: (record: ContainerRecord) => string
  /** Of a container's own image, and of one that it mounts: top layer first. */
  lowerFolders: (record: ContainerRecord) => string[]
  imageFolders: (imageId: string) => string[]
  storage: StorageLimits
}

export function createRootFileSystems({
  folder,
  volumes,
  folderOf,
  lowerFolders,
  imageFolders,
  storage,
}: RootFileSystemsOptions): RootFileSystems {
  const place = (record: ContainerRecord) => join(folder, record.id)
  const upper = (record: ContainerRecord) => join(folderOf(record), 'upper')
  const work = (record: ContainerRecord) => join(folderOf(record), 'work')
  const rootfs: RootFileSystems = {
    create(record) {
      const written = [upper(record), work(record)]
      // One by one: on a disk that was made read-only `recursive` says ENOENT.
      for (const path of [folderOf(record), ...written]) mkdirSync(path, { mode: 0o755 })
      storage.apply(record, written)
    },
    mount(record) {
      const target = place(record)
      mkdirSync(target, { recursive: true })
      unmount(target)
      mountOverlay({ target, lower: lowerFolders(record), upper: upper(record), work: work(record) })
      for (const name of ['proc', 'sys', 'dev']) makeFolder(join(target, name))
      if (record.namespaces.ipc.kind === 'shareable') mountSharedMemory(rootfs.sharedMemory(record), record)
      return target
    },
    mountWhole(record) {
      const target = rootfs.mount(record)
      const sources = rootfs.prepareSources(record)
      try {
        for (const mounted of record.mounts) {
          if (mounted.type === 'tmpfs') continue
          const { type, name, source, destination } = mounted
          const volume = type === 'volume' && name ? volumes.path(name) : undefined
          const whole = volume ?? sources.pathOf(mounted) ?? source
          bindInside(target, destination, placeWithin(whole, mounted))
        }
      } finally {
        sources.release()
      }
      return target
    },
    mounted: place,
    unmount(record) {
      if (record.state.status === 'removing') storage.release(record)
      for (const path of [place(record), rootfs.sharedMemory(record)]) {
        unmount(path)
        removeFolder(path)
      }
    },
    sharedMemory: record => `${place(record)}${sharedMemorySuffix}`,
    prepareSources(record) {
      const places = new Map<MountRecord, string>()
      const release = () => {
        for (const path of places.values()) {
          unmount(path)
          removeFolder(path)
        }
      }
      try {
        for (const mounted of record.mounts) {
          const { imageId, type, source, recursive } = mounted
          // crun takes along what is mounted below also where it is told not to.
          const alone = type === 'bind' && !recursive && statSync(source).isDirectory()
          if (!imageId && !alone) continue
          const path = `${place(record)}-source-${places.size}`
          places.set(mounted, path)
          mkdirSync(path, { recursive: true })
          unmount(path)
          if (imageId) mountReadOnly(path, imageFolders(imageId))
          else mount(source, path, '', MS.BIND)
        }
      } catch (error) {
        release()
        throw error
      }
      return { pathOf: mounted => places.get(mounted), release }
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

/** What the name of such a place ends in, after the container's id. */
export const sharedMemorySuffix = '-shm'

function mountSharedMemory(path: string, { host }: ContainerRecord): void {
  mkdirSync(path, { recursive: true })
  unmount(path)
  mount('shm', path, 'tmpfs', MS.NOSUID | MS.NODEV | MS.NOEXEC, `mode=1777,size=${host.shmSize}`)
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
