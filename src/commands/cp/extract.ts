// An archive out of a container as files here. A container may write what it likes into it: no entry leaves the folder,
// neither by its name nor through a link that came before it.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { padding, tarEnd, tarHead } from '../../shared/tar/header.ts'
import { readTar, type TarEntry, type TarMember } from '../../shared/tar/read.ts'

export interface ExtractOptions {
  folder: string
  rename(name: string): string
  /** Owners as in the archive, for who may give them. */
  owners: boolean
}

export async function extract(source: AsyncIterable<Uint8Array>, options: ExtractOptions): Promise<void> {
  const { folder, rename } = options
  const folders: [string, TarEntry][] = []
  for await (const member of readTar(source)) {
    const { entry } = member
    const name = inside(rename(entry.name))
    const path = join(folder, name)
    requireRealFolders(folder, dirname(name))
    await create(path, member, options)
    if (entry.type === 'folder') folders.push([path, entry])
  }
  // A folder's time changes with each file put into it, and its mode may forbid to.
  for (const [path, entry] of folders.reverse()) {
    chmodSync(path, entry.mode)
    if (options.owners) lchownSync(path, entry.uid, entry.gid)
    lutimesSync(path, entry.mtime, entry.mtime)
  }
}

async function create(path: string, { entry, content }: TarMember, options: ExtractOptions): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (entry.type === 'folder') {
    if (existing && !existing.isDirectory())
      throw new ComposeError('conflict', `cannot overwrite non-directory "${path}" with directory "${entry.name}"`)
    if (!existing) mkdirSync(path)
    return
  }
  if (existing?.isDirectory())
    throw new ComposeError('conflict', `cannot overwrite directory "${path}" with non-directory "${entry.name}"`)
  if (existing) rmSync(path)
  switch (entry.type) {
    case 'file': {
      const fd = openSync(path, 'wx', 0o600)
      try {
        for await (const piece of content()) writeSync(fd, piece)
        fchmodSync(fd, entry.mode & 0o7777)
      } finally {
        closeSync(fd)
      }
      break
    }
    case 'link': {
      const target = inside(options.rename(entry.linkName))
      requireRealFolders(options.folder, dirname(target))
      linkSync(join(options.folder, target), path)
      return
    }
    case 'symlink':
      symlinkSync(entry.linkName, path)
      break
    default:
      // Devices and fifos mean nothing outside of their container.
      return
  }
  if (options.owners) lchownSync(path, entry.uid, entry.gid)
  lutimesSync(path, entry.mtime, entry.mtime)
}

function inside(name: string): string {
  const plain = posix.normalize(name)
  if (posix.isAbsolute(plain) || plain === '..' || plain.startsWith('../'))
    throw new ComposeError('invalid_argument', `the archive has a file outside of itself: ${JSON.stringify(name)}`)
  return plain
}

/** Made where they are missing. */
function requireRealFolders(folder: string, below: string): void {
  let path = folder
  for (const part of below.split('/').filter(word => word !== '' && word !== '.')) {
    path = join(path, part)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) mkdirSync(path)
    else if (!found.isDirectory())
      throw new ComposeError('invalid_argument', `the archive leads through ${path}, which is no folder`)
  }
}

/** The archive with other names. */
export async function* renameEntries(
  source: AsyncIterable<Uint8Array>,
  rename: (name: string) => string,
): AsyncGenerator<Uint8Array> {
  for await (const { entry, content } of readTar(source)) {
    const { type, name, linkName, xattrs, ...fields } = entry
    const kind = type === 'link' ? 'hardLink' : type
    const target = type === 'link' ? rename(linkName) : linkName
    yield tarHead({ ...fields, kind, name: rename(name), target, attributes: Object.fromEntries(xattrs) })
    if (type !== 'file') continue
    yield* content()
    yield padding(entry.size)
  }
  yield tarEnd()
}
