// The archive of a batch: what is there now, and whiteouts for what is gone.
import { closeSync, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { padding, tarEnd, tarHead } from '../../shared/tar/header.ts'

export interface Owner {
  uid: number
  gid: number
}

export interface SyncEntry {
  /** On this machine. */
  path: string
  /** In the container, absolute. */
  target: string
}

const chunkSize = 1 << 18

/** Read as it is taken; what vanishes meanwhile is the next batch's. */
export function* syncArchive(
  present: readonly SyncEntry[],
  gone: readonly SyncEntry[],
  owner: Owner,
): Generator<Buffer> {
  for (const { target } of gone) {
    const name = posix.join(posix.dirname(target), `.wh.${posix.basename(target)}`).slice(1)
    yield tarHead({ kind: 'file', name, mode: 0o644, size: 0, mtime: 0, ...owner })
  }
  for (const { path, target } of present) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (!stats) continue
    const common = { mode: stats.mode, mtime: Math.floor(stats.mtimeMs / 1000), size: 0, ...owner }
    const name = target.slice(1)
    if (stats.isDirectory()) yield tarHead({ ...common, kind: 'folder', name: `${name}/` })
    else if (stats.isSymbolicLink()) yield tarHead({ ...common, kind: 'symlink', name, target: readlinkSync(path) })
    else if (stats.isFile()) yield* file(path, stats, size => tarHead({ ...common, kind: 'file', name, size }))
  }
  yield tarEnd()
}

function* file(path: string, known: Stats, head: (size: number) => Buffer): Generator<Buffer> {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return
  }
  try {
    const { size } = known.size > 0 ? fstatSync(fd) : known
    yield head(size)
    for (let left = size; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(chunkSize, left))
      const read = readSync(fd, chunk, 0, chunk.length, null)
      // One that shrinks is filled up: the write that made it shorter is a change of its own.
      left -= read === 0 ? chunk.length : read
      yield read === 0 ? chunk : chunk.subarray(0, read)
    }
    yield padding(size)
  } finally {
    closeSync(fd)
  }
}
