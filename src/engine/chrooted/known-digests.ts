// Digests of files that have not changed since they were read: size, times and inode are the same, and the last change
// is longer ago than two of one moment could be.
import type { KnownDigests } from './copy-files.ts'

/** By path: size, modification, change, inode, digest. */
export type DigestBook = Record<string, [number, number, number, number, string]>

/** Milliseconds: a file written just now may be written again within the same tick of the file system's clock. */
const settled = 1000

export function createKnownDigests(book: DigestBook): KnownDigests & { changed(): boolean; pages(): DigestBook } {
  const found: DigestBook = {}
  let isNew = false
  const now = Date.now()
  return {
    find(path, { size, mtimeMs, ctimeMs, ino }) {
      const entry = book[path]
      if (!entry || entry[0] !== size || entry[1] !== mtimeMs || entry[2] !== ctimeMs || entry[3] !== ino)
        return undefined
      found[path] = entry
      return entry[4]
    },
    note(path, { size, mtimeMs, ctimeMs, ino }, digest) {
      if (now - ctimeMs < settled) return
      found[path] = [size, mtimeMs, ctimeMs, ino, digest]
      isNew = true
    },
    changed: () => isNew,
    // Of another COPY of the same source, too.
    pages: () => ({ ...book, ...found }),
  }
}
