// Out of a container.
import { statSync } from 'node:fs'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Docker } from '../../docker/client/docker.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'
import { arrange, nameOf, renamed } from './arrange.ts'
import { extract, renameEntries } from './extract.ts'

export interface Copy {
  docker: Docker
  /** The container. */
  id: string
  from: string
  to: string
  /** Owners go along. */
  archive: boolean
  followLink: boolean
  signal: AbortSignal
}

/** Bits of Go's FileMode. */
export const goFolder = 2 ** 31
export const goLink = 2 ** 27
export const hasBit = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1

export async function copyFrom({ docker, id, from, to, archive, followLink, signal }: Copy): Promise<void> {
  const container = docker.getContainer(id)
  const stat = (path: string) =>
    container.infoArchive({ path, abortSignal: signal }).catch(error => {
      // An answer to HEAD has no words.
      if (!(error instanceof ComposeError && error.code === 'not_found')) return throwFromDaemon(error)
      throw new ComposeError(
        'not_found',
        `Error response from daemon: Could not find the file ${path} in container ${id}`,
        { cause: error },
      )
    })
  let path = from
  let found = await stat(path)
  if (followLink && hasBit(found.mode, goLink)) {
    path = found.linkTarget
    found = await stat(path)
  }
  const tar = await container.getArchive({ path, abortSignal: signal }).catch(throwFromDaemon)
  const inArchive = nameOf(path)
  if (to === '-') {
    const rename = (name: string) => renamed(name, inArchive, nameOf(from))
    await pipeline(path === from ? tar : Readable.from(renameEntries(tar, rename)), process.stdout, { end: false })
    return
  }
  const here = statSync(to, { throwIfNoEntry: false })
  const source = { name: nameOf(from), isFolder: hasBit(found.mode, goFolder) }
  const { folder, name } = arrange(source, {
    path: to,
    exists: here !== undefined,
    isFolder: here?.isDirectory() ?? false,
  })
  const rename = (entry: string) => renamed(entry, inArchive, name)
  await extract(tar, { folder: posix.normalize(folder), rename, owners: archive && process.getuid?.() === 0 })
}
