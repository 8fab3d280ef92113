// Applies a tar to the root folder of the calling thread, which is chrooted there: into the mounted parent layers, or
// into a container's files. What a layer implies, links to or deletes then means what it should; no link leads out.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, posix } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { readTar, type TarEntry, type TarMember } from '../../shared/tar/read.ts'
import { lsetxattr, mknod } from '../kernel/libc.ts'

const whiteout = '.wh.'
const opaque = '.wh..wh..opq'
const S_IF = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const

export interface UnpackOptions {
  /** The folder that the archive's names are relative to. */
  base: string
  /** Names that delete what lower layers have are followed; else they are names like any other. */
  whiteouts: boolean
  /** A folder is not replaced by something else, nor something else by a folder. */
  keepKinds?: boolean
  /** Whose everything is, whatever the archive says. */
  owner?: { uid: number; gid: number } | undefined
}

/** Returns the number of bytes of all files. */
export async function unpackArchive(
  tar: AsyncIterable<Uint8Array>,
  { whiteouts, keepKinds = false, owner, ...options }: UnpackOptions,
): Promise<number> {
  const base = withoutSlash(options.base)
  const place = (name: string) => withoutSlash(posix.join(base, posix.join('/', name)))
  const folders: TarEntry[] = []
  const written = new Set<string>()
  let bytes = 0
  for await (const given of readTar(tar)) {
    const member = owner ? { ...given, entry: { ...given.entry, ...owner } } : given
    const path = place(member.entry.name)
    if (path === base) {
      if (member.entry.type === 'folder') folders.push(member.entry)
      continue
    }
    const name = posix.basename(path)
    const parent = dirname(path)
    if (whiteouts && name === opaque) clearFolder(parent, written)
    else if (whiteouts && name.startsWith(whiteout))
      rmSync(posix.join(parent, deletedName(name)), { recursive: true, force: true })
    else {
      makeParents(parent)
      if (keepKinds) refuseOtherKind(path, member.entry)
      await create(path, member, place)
      written.add(path)
      bytes += member.entry.type === 'file' ? member.entry.size : 0
      if (member.entry.type === 'folder') folders.push(member.entry)
    }
  }
  // A folder's time changes with each file put into it: last of all, the innermost first.
  for (const entry of folders.reverse()) finish(place(entry.name), entry)
  return bytes
}

/** A link is not followed, as it would be behind the slash that ends a folder's name. */
const withoutSlash = (path: string): string => path.replace(/(?<=.)\/+$/, '')

/** Of a whiteout; one that names its own folder or what is above it deletes more than a layer may mean. */
function deletedName(name: string): string {
  const deleted = name.slice(whiteout.length)
  if (/^\.{0,2}$/.test(deleted))
    throw new ComposeError('invalid_argument', `the layer has a file ${name}, which deletes nothing that has a name`)
  return deleted
}

/** In Docker Engine's words. */
function refuseOtherKind(path: string, { type, name }: TarEntry): void {
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (!existing || existing.isDirectory() === (type === 'folder')) return
  const [old, wanted] = type === 'folder' ? ['non-directory', 'directory'] : ['directory', 'non-directory']
  throw new ComposeError('invalid_argument', `cannot overwrite ${old} "${path}" with ${wanted} "${name}" "/"`)
}

async function create(path: string, { entry, content }: TarMember, place: (name: string) => string): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (existing && !(entry.type === 'folder' && existing.isDirectory())) rmSync(path, { recursive: true, force: true })
  switch (entry.type) {
    case 'folder':
      if (!existing?.isDirectory()) mkdirSync(path)
      return
    case 'file': {
      const fd = openSync(path, 'wx', 0o600)
      try {
        for await (const piece of content()) writeSync(fd, piece)
        fchownSync(fd, entry.uid, entry.gid)
        fchmodSync(fd, entry.mode)
      } finally {
        closeSync(fd)
      }
      setAttributes(path, entry)
      return
    }
    case 'link':
      linkSync(place(entry.linkName), path)
      return
    case 'symlink':
      symlinkSync(entry.linkName, path)
      lchownSync(path, entry.uid, entry.gid)
      setAttributes(path, entry)
      return
    default:
      mknod(path, S_IF[entry.type] | 0o600, entry.major, entry.minor)
      finish(path, entry)
  }
}

/** Owner before mode and attributes, since changing it takes set-user-id bits and capabilities away. */
function finish(path: string, entry: TarEntry): void {
  lchownSync(path, entry.uid, entry.gid)
  chmodSync(path, entry.mode)
  setAttributes(path, entry)
}

function setAttributes(path: string, { xattrs, mtime }: TarEntry): void {
  for (const [name, value] of xattrs) {
    try {
      lsetxattr(path, name, value)
    } catch (error) {
      // A file system without this kind of attribute, or a security module that isn't there.
      if (!isErrno(error, 'EOPNOTSUPP', 'EPERM')) throw error
    }
  }
  lutimesSync(path, mtime, mtime)
}

function makeParents(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return
  makeParents(dirname(path))
  mkdirSync(path, 0o755)
}

/** Everything that lower layers have in a folder; what this layer put there stays. */
function clearFolder(path: string, written: ReadonlySet<string>): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  for (const name of readdirSync(path)) {
    const child = posix.join(path, name)
    if (!written.has(child)) rmSync(child, { recursive: true, force: true })
  }
}
