// A file or a folder with all that is below it as a tar, read as it is asked for.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs'
import { posix } from 'node:path'
import { padding, type TarHead, tarEnd, tarHead } from './header.ts'

const chunkSize = 1 << 18

export interface PackOptions {
  /** The path's own name in the archive; the names below it begin with it. `.` for the content of a folder, nothing for that without the folder. */
  name: string
  /** False: neither it nor what is below it is packed. `path` as `packPath` was given it, and below. */
  wanted?: (path: string, stats: Stats) => boolean
  /** As a layer of an image: what overlayfs marks as deleted or emptied is written as the image specification has it. */
  layer?: { isOpaque(path: string): boolean }
  /** Whose everything is, whatever the files say. */
  owner?: { uid: number; gid: number }
  /** Extended attributes that go along. */
  attributesOf?: (path: string) => Record<string, Buffer>
  /** Told the bytes of each file that is packed with its content. */
  onFile?: (size: number) => void
}

/** Ends with the two empty blocks. What vanishes meanwhile is left out; sockets are no files that could be packed. */
export function* packPath(path: string, options: PackOptions): Generator<Buffer> {
  yield* packEntry(path, options.name, options, new Map())
  yield tarEnd()
}

/** `links`: the first name of each file that has several. */
function* packEntry(path: string, name: string, options: PackOptions, links: Map<string, string>): Generator<Buffer> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats || options.wanted?.(path, stats) === false) return
  const common = {
    mode: stats.mode,
    uid: options.owner?.uid ?? stats.uid,
    gid: options.owner?.gid ?? stats.gid,
    mtime: Math.floor(stats.mtimeMs / 1000),
    size: 0,
    attributes: options.attributesOf?.(path) ?? {},
  }
  if (stats.isDirectory()) {
    if (name !== '') yield tarHead({ ...common, kind: 'folder', name: `${name}/` })
    const below = (entry: string) => (name === '.' || name === '' ? entry : `${name}/${entry}`)
    if (options.layer?.isOpaque(path)) yield tarHead({ ...common, kind: 'file', name: below('.wh..wh..opq') })
    for (const entry of readdirSync(path).sort())
      yield* packEntry(posix.join(path, entry), below(entry), options, links)
    return
  }
  if (options.layer && stats.isCharacterDevice() && stats.rdev === 0) {
    yield tarHead({ ...common, kind: 'file', name: posix.join(posix.dirname(name), `.wh.${posix.basename(name)}`) })
    return
  }
  const identity = `${stats.dev}:${stats.ino}`
  const first = stats.nlink > 1 ? links.get(identity) : undefined
  if (first !== undefined) {
    yield tarHead({ ...common, kind: 'hardLink', name, target: first })
    return
  }
  if (stats.nlink > 1) links.set(identity, name)
  if (stats.isFile()) yield* packFile(path, { ...common, kind: 'file', name }, options)
  else {
    const special = specialHead(path, stats)
    if (special) yield tarHead({ ...common, ...special, name })
  }
}

function specialHead(path: string, stats: Stats): Pick<TarHead, 'kind' | 'target' | 'major' | 'minor'> | undefined {
  if (stats.isSymbolicLink()) return { kind: 'symlink', target: readlinkSync(path) }
  if (stats.isFIFO()) return { kind: 'fifo' }
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return undefined
  // makedev(3), backwards.
  const major = ((stats.rdev >> 8) & 0xfff) | (Math.floor(stats.rdev / 2 ** 32) & ~0xfff)
  const minor = (stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00)
  return { kind: stats.isCharacterDevice() ? 'character' : 'block', major, minor }
}

/** As many bytes as it had when it was opened: one that shrinks is filled up, one that grows is cut. */
function* packFile(path: string, head: TarHead, { onFile }: PackOptions): Generator<Buffer> {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    onFile?.(size)
    yield tarHead({ ...head, size })
    for (let left = size; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(chunkSize, left))
      const read = readSync(fd, chunk, 0, chunk.length, null)
      if (read === 0) {
        for (; left > 0; left -= chunkSize) yield Buffer.alloc(Math.min(chunkSize, left))
        break
      }
      left -= read
      yield chunk.subarray(0, read)
    }
    yield padding(size)
  } finally {
    closeSync(fd)
  }
}
