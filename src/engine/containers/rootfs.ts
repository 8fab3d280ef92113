// The root file system of a container: its image's layers below, a folder of its own on top.
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { close, MS, mount, O, openInRoot } from '../kernel/libc.ts'
import { mountOverlay, mountReadOnly, placeWithin, unmount } from '../kernel/mounts.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { ContainerRecord, MountRecord } from './record.ts'
import type { StorageLimits } from './storageLimit.ts'

export interface RootFileSystems {
  /** Makes the folder that holds what the container changes. */
  create(record: ContainerRecord): void
  /** Mounts it, and returns where. */
  mount(record: ContainerRecord): string
  /** Mounts it together with the container's volumes, for somebody else than the container. */
  mountWhole(record: ContainerRecord): string
  unmount(record: ContainerRecord): void
  /** Mounts the images that are mounts of the container. What was bound from them stays after their release. */
  mountImages(record: ContainerRecord): MountedImages
}

export interface MountedImages {
  pathOf(mount: MountRecord): string
  release(): void
}

export interface RootFileSystemsOptions {
  /** Where root file systems are mounted. */
  folder: string
  volumes: Volumes
  folderOf: (record: ContainerRecord) => string
  /** Top layer first. */
  lowerFolders: (imageId: string) => string[]
  storage: StorageLimits
}

export function createRootFileSystems({
  folder,
  volumes,
  folderOf,
  lowerFolders,
  storage,
}: RootFileSystemsOptions): RootFileSystems {
  const place = (record: ContainerRecord) => join(folder, record.id)
  const upper = (record: ContainerRecord) => join(folderOf(record), 'upper')
  const work = (record: ContainerRecord) => join(folderOf(record), 'work')
  const rootfs: RootFileSystems = {
    create(record) {
      const written = [upper(record), work(record)]
      for (const path of written) mkdirSync(path, { recursive: true, mode: 0o755 })
      storage.apply(record, written)
    },
    mount(record) {
      const target = place(record)
      mkdirSync(target, { recursive: true })
      unmount(target)
      mountOverlay({ target, lower: lowerFolders(record.imageId), upper: upper(record), work: work(record) })
      return target
    },
    mountWhole(record) {
      const target = rootfs.mount(record)
      const images = rootfs.mountImages(record)
      try {
        for (const mounted of record.mounts) {
          if (mounted.type === 'tmpfs') continue
          const { type, name, source, destination, subpath } = mounted
          const whole =
            type === 'image' ? images.pathOf(mounted) : type === 'volume' && name ? volumes.path(name) : source
          bindInside(target, destination, placeWithin(whole, subpath))
        }
      } finally {
        images.release()
      }
      return target
    },
    unmount(record) {
      if (record.state.status === 'removing') storage.release(record)
      unmount(place(record))
      removeFolder(place(record))
    },
    mountImages(record) {
      const places = new Map<MountRecord, string>()
      const release = () => {
        for (const path of places.values()) {
          unmount(path)
          removeFolder(path)
        }
      }
      try {
        for (const mounted of record.mounts) {
          if (!mounted.imageId) continue
          const path = `${place(record)}-image-${places.size}`
          places.set(mounted, path)
          mkdirSync(path, { recursive: true })
          unmount(path)
          mountReadOnly(path, lowerFolders(mounted.imageId))
        }
      } catch (error) {
        release()
        throw error
      }
      return { pathOf: mounted => places.get(mounted) ?? '', release }
    },
  }
  return rootfs
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
