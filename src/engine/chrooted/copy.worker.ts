// A thread that copies files from one place into another and ends, or tells digests as long as it is asked. Its root is
// the destination and its working folder the source: absolute paths lead nowhere but into the first, and the relative
// ones, in which there is no link, nowhere but into the second.
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, type Stats, writeFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { ComposeError, type ErrorCode, messageOf } from '../../shared/errors.ts'
import { CLONE, chdir, chroot, unshare } from '../kernel/libc.ts'
import { type CopyOptions, copyFiles, type DigestOptions, digestFiles } from './copy-files.ts'
import { createKnownDigests, type DigestBook } from './known-digests.ts'
import { type SelectedFile, type Selection, selectFiles } from './select-files.ts'

export interface CopyTask {
  /** A folder of the host. */
  source: string
  selection: Selection
  /** Where to copy to; undefined: only the digest is asked for. */
  target?: { root: string; options: CopyOptions }
  digest?: Omit<DigestOptions, 'known'> & {
    /** A file that keeps digests of files of this source. */
    book?: string | undefined
  }
}

/** `stamp` says how the source's files looked: two that are the same are of the same files. */
export type CopyAnswer =
  | { digest: string | undefined; stamp: string }
  | { error: string; code?: ErrorCode; hint?: string | undefined }

function run({ source, selection, target, digest }: CopyTask): { digest: string | undefined; stamp: string } {
  const book = digest?.book === undefined ? undefined : readBook(digest.book)
  const known = book && createKnownDigests(book)
  unshare(CLONE.FS)
  chdir(source)
  if (target) {
    chroot(target.root)
    // Looked at again when they have been copied.
    const copied = stampFiles(selectFiles('', selection), path => lstatSync(path, { throwIfNoEntry: false }))
    copyFiles(copied.files, target.options)
    return { digest: undefined, stamp: copied.stamp() }
  }
  const read = stampFiles(selectFiles('', selection), (_, stats) => stats)
  const result = digestFiles(read.files, { owners: false, attributes: false, ...digest, known })
  // Nothing is chrooted here.
  if (known?.changed() && digest?.book) writeFileSync(digest.book, JSON.stringify(known.pages()))
  return { digest: result, stamp: read.stamp() }
}

function stampFiles(files: Iterable<SelectedFile>, look: (path: string, stats: Stats) => Stats | undefined) {
  const hash = createHash('sha256')
  function* all() {
    for (const file of files) {
      yield file
      const { size, mtimeMs, ctimeMs, ino } = look(file.path, file.stats) ?? {}
      // A folder's times change with what .dockerignore leaves out of it.
      hash.update(file.stats.isDirectory() ? file.name : `${file.name} ${size} ${mtimeMs} ${ctimeMs} ${ino}\n`)
    }
  }
  return { files: all(), stamp: () => hash.digest('hex') }
}

function readBook(path: string): DigestBook {
  try {
    // Only run() writes it.
    return JSON.parse(readFileSync(path, 'utf8')) as DigestBook
  } catch {
    // Not there yet, or cut off by a kill: everything is read again.
    return {}
  }
}

function answer(task: CopyTask): CopyAnswer {
  try {
    return run(task)
  } catch (error) {
    const known = error instanceof ComposeError ? { code: error.code, hint: error.hint } : {}
    return { error: messageOf(error), ...known }
  }
}

// Only copying.ts starts this file: with a copy to do, or to be asked for one digest after the other.
if (workerData) parentPort?.postMessage(answer(workerData as CopyTask))
else
  parentPort?.on('message', (task: CopyTask) => {
    const found = answer(task)
    // Nothing that is mounted there shall be held by it.
    chdir('/')
    parentPort?.postMessage(found)
  })
