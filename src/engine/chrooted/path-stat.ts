// What a path in a container is, as the archive routes tell it in a header (X-Docker-Container-Path-Stat).
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'

export interface PathStat {
  name: string
  size: number
  /** Go's FileMode: permission bits below, what it is in the bits above. */
  mode: number
  mtime: string
  linkTarget: string
}

export interface FoundPath {
  /** Without links on the way there; the last part may be one, unless the path ends in a slash. */
  path: string
  stat: PathStat
}

/** To be called where the container's root is `/`. Undefined: there is nothing. */
export function findPath(asked: string): FoundPath | undefined {
  const path = posix.join('/', asked)
  const inside = /\/\.?$/.test(asked)
  try {
    const found =
      inside || path === '/' ? realpathSync(path) : posix.join(realpathSync(posix.dirname(path)), posix.basename(path))
    const stats = inside ? statSync(found) : lstatSync(found)
    if (inside && !stats.isDirectory()) throw new ComposeError('invalid_argument', 'not a directory')
    return {
      path: found,
      stat: {
        name: posix.basename(path) || '/',
        size: stats.size,
        mode: goMode(stats),
        mtime: stats.mtime.toISOString(),
        linkTarget: stats.isSymbolicLink() ? posix.resolve(posix.dirname(found), readlinkSync(found)) : '',
      },
    }
  } catch (error) {
    if (error instanceof ComposeError) throw error
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code)))
      return undefined
    throw error
  }
}

const goBits = {
  folder: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
} as const

/** fs.FileMode of Go's io/fs. */
function goMode(stats: Stats): number {
  const bits = [
    stats.isDirectory() && goBits.folder,
    stats.isSymbolicLink() && goBits.symlink,
    (stats.isBlockDevice() || stats.isCharacterDevice()) && goBits.device,
    stats.isCharacterDevice() && goBits.character,
    stats.isFIFO() && goBits.fifo,
    stats.isSocket() && goBits.socket,
    (stats.mode & 0o4000) !== 0 && goBits.setuid,
    (stats.mode & 0o2000) !== 0 && goBits.setgid,
    (stats.mode & 0o1000) !== 0 && goBits.sticky,
  ]
  return bits.reduce<number>((sum, bit) => sum + (bit || 0), stats.mode & 0o777)
}
