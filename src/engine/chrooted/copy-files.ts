// Puts selected files into the calling thread's root, and tells by one digest what they are: names, kinds, modes,
// owners, content. Times are no part of it: a fresh checkout of the same files is the same.
import { createHash, type Hash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { posix } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { applyMode } from '../../shared/file-mode.ts'
import { lsetxattr, mknod } from '../kernel/libc.ts'
import { readAttributes } from './attributes.ts'
import type { SelectedFile } from './select-files.ts'

export interface CopyOptions {
  /** Absolute; with a slash at its end, or for several sources, a folder. */
  destination: string
  /** Undefined: each has the owner that it had. */
  owner: { uid: number; gid: number } | undefined
  /** As chmod(1) takes it. */
  mode: string | undefined
  /** Capabilities and the user's own attributes go along. */
  attributes: boolean
  /** Of folders that are made on the way: seconds since 1970, so that the same files make the same layer. */
  madeAt: number
  /** A time for everything. */
  time: number | undefined
  several: boolean
  /** The destination is made, whether or not anything is copied into it. */
  make?: boolean
}

export function copyFiles(files: Iterable<SelectedFile>, options: CopyOptions): void {
  const { destination } = options
  const place = createPlaces(options)
  const asFolder = destination.endsWith('/') || options.several || place.isFolder(destination)
  if (options.make) place.folder(posix.join('/', destination))
  const links = new Map<string, string>()
  /** Their times change with each file that is put into them. */
  const folders: (() => void)[] = []
  for (const { path, name, stats, single } of files) {
    const target = single && !asFolder ? place.named(posix.join('/', destination)) : posix.join('/', destination, name)
    if (name === '') {
      // What takes the content is made like any folder on the way: it is not the source's copy.
      place.folder(target)
      continue
    }
    const parent = place.folder(posix.dirname(target))
    const existing = lstatSync(target, { throwIfNoEntry: false })
    if (stats.isDirectory()) {
      const isThere = existing?.isDirectory()
      if (existing && !isThere)
        throw new ComposeError('invalid_argument', `cannot copy to non-directory: ${target}`, {
          hint: existing.isSymbolicLink() ? `it is a link to ${readlinkSync(target)}: copy into that` : undefined,
        })
      if (!isThere) {
        place.keepTimes(parent)
        mkdirSync(target)
        place.isOurs(target)
      }
      folders.push(() => finish(target, path, stats))
      continue
    }
    if (existing?.isDirectory())
      throw new ComposeError('invalid_argument', `cannot copy a file over the directory ${target}`)
    if (existing) rmSync(target)
    place.keepTimes(parent)
    const identity = stats.nlink > 1 ? `${stats.dev}:${stats.ino}` : undefined
    const first = identity === undefined ? undefined : links.get(identity)
    if (first !== undefined) {
      linkSync(first, target)
      continue
    }
    if (identity !== undefined) links.set(identity, target)
    if (stats.isFile()) copyContent(path, target, stats)
    else if (stats.isSymbolicLink()) symlinkSync(readlinkSync(path), target)
    else makeSpecial(target, stats)
    finish(target, path, stats)
  }
  place.finish()
  for (const restore of folders.reverse()) restore()

  function finish(target: string, path: string, stats: Stats): void {
    const { uid, gid } = options.owner ?? stats
    lchownSync(target, uid, gid)
    if (!stats.isSymbolicLink())
      chmodSync(target, options.mode === undefined ? stats.mode & 0o7777 : applyMode(options.mode, stats))
    if (options.attributes) {
      for (const [attribute, value] of Object.entries(readAttributes(path))) {
        try {
          lsetxattr(target, attribute, value)
        } catch (error) {
          if (!isErrno(error, 'EOPNOTSUPP', 'EPERM')) throw error
        }
      }
    }
    const time = options.time ?? Math.floor(stats.mtimeMs / 1000)
    lutimesSync(target, time, time)
  }
}

/** Of small files this is a fraction of what copyFile takes, which asks for a clone and falls back in several steps. */
function copyContent(path: string, target: string, { size }: Stats): void {
  if (size > chunk.length) {
    copyFileSync(path, target, constants.COPYFILE_FICLONE)
    return
  }
  const from = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const to = openSync(target, 'wx', 0o600)
    try {
      for (;;) {
        const count = readSync(from, chunk, 0, chunk.length, null)
        for (let done = 0; done < count; ) done += writeSync(to, chunk, done, count - done)
        // It had no more when it was opened; what has grown since is read to its end.
        if (count < chunk.length) return
      }
    } finally {
      closeSync(to)
    }
  } finally {
    closeSync(from)
  }
}

/** Makes folders that are missing, and gives those that were there their times back. */
function createPlaces({ owner, madeAt, time }: CopyOptions) {
  const made: string[] = []
  const own = new Set<string>()
  const kept = new Set<string>()
  const times = new Map<string, Stats>()
  const known = new Map<string, string>()
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const places = {
    isFolder,
    /** Where a destination leads that is a link, whether or not anything is there yet. */
    named(path: string): string {
      let at = path
      // As many as the kernel follows.
      for (let links = 0; links < 40; links++) {
        if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at
        at = posix.resolve(posix.dirname(at), readlinkSync(at))
      }
      throw new ComposeError('invalid_argument', `${path} is a link that leads nowhere`)
    },
    /** Its times are set by whoever made it. */
    isOurs(path: string): void {
      own.add(realpathSync(path))
    },
    keepTimes(path: string): void {
      if (kept.has(path)) return
      kept.add(path)
      const real = realpathSync(path)
      if (!times.has(real) && !own.has(real)) times.set(real, statSync(real))
    },
    folder(given: string): string {
      const path = given === '/' ? given : given.replace(/\/+$/, '')
      const before = known.get(path)
      if (before !== undefined) return before
      if (!isFolder(path)) {
        const parent = places.folder(posix.dirname(path))
        places.keepTimes(parent)
        const existing = lstatSync(path, { throwIfNoEntry: false })
        // A link to a folder that is still to be made, inside this root whatever it says.
        if (existing?.isSymbolicLink()) return places.folder(posix.resolve(posix.dirname(path), readlinkSync(path)))
        if (existing) throw new ComposeError('invalid_argument', `cannot copy below ${path}: it is no directory`)
        mkdirSync(path, 0o755)
        lchownSync(path, owner?.uid ?? 0, owner?.gid ?? 0)
        made.push(path)
        places.isOurs(path)
      }
      known.set(path, path)
      return path
    },
    finish(): void {
      for (const path of made.reverse()) lutimesSync(path, time ?? madeAt, time ?? madeAt)
      for (const [path, { atimeMs, mtimeMs }] of times) lutimesSync(path, atimeMs / 1000, mtimeMs / 1000)
    },
  }
  return places
}

function makeSpecial(target: string, stats: Stats): void {
  // makedev(3), backwards.
  const major = ((stats.rdev >> 8) & 0xfff) | (Math.floor(stats.rdev / 2 ** 32) & ~0xfff)
  const minor = (stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00)
  mknod(target, (stats.mode & constants.S_IFMT) | 0o600, major, minor)
}

/** Digests of files by what says that they haven't changed. */
export interface KnownDigests {
  find(path: string, stats: Stats): string | undefined
  note(path: string, stats: Stats, digest: string): void
}

export interface DigestOptions {
  owners: boolean
  attributes: boolean
  known?: KnownDigests | undefined
}

/** `sha256:…` of everything that is selected. */
export function digestFiles(files: Iterable<SelectedFile>, { owners, attributes, known }: DigestOptions): string {
  const hash = createHash('sha256')
  const links = new Map<string, string>()
  for (const { path, name, stats } of files) {
    const owner = owners ? `${stats.uid}:${stats.gid}` : ''
    const identity = stats.nlink > 1 && stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined
    const first = identity === undefined ? undefined : links.get(identity)
    if (identity !== undefined && first === undefined) links.set(identity, name)
    const content = first === undefined ? contentOf(path, stats, known) : `link ${first}`
    const extra = attributes
      ? JSON.stringify(Object.entries(readAttributes(path)).map(([key, value]) => [key, value.toString('hex')]))
      : ''
    // The folder whose content is taken is itself no part of it.
    hash.update(JSON.stringify(name === '' ? [] : [name, stats.mode, owner, content, extra]))
  }
  return `sha256:${hash.digest('hex')}`
}

function contentOf(path: string, stats: Stats, known: KnownDigests | undefined): string {
  if (stats.isSymbolicLink()) return readlinkSync(path)
  if (!stats.isFile()) return String(stats.rdev)
  const before = known?.find(path, stats)
  if (before !== undefined) return before
  const digest = fileDigest(path)
  known?.note(path, stats, digest)
  return digest
}

const chunk = Buffer.alloc(1 << 20)

function fileDigest(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash: Hash = createHash('sha256')
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, null)
      if (count === 0) return hash.digest('base64')
      hash.update(chunk.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
}
