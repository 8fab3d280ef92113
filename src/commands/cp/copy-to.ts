// Into a container: the engine unpacks, so no tools are needed in its image.

import { createReadStream, createWriteStream, lstatSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Container, PathStat } from '../../docker/client/container.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { shortId } from '../../shared/short-id.ts'
import { packPath } from '../../shared/tar/pack.ts'
import { arrange, nameOf } from './arrange.ts'
import { type Copy, goFolder, goLink, hasBit } from './copy-from.ts'

export interface Input {
  /** The whole of standard input, as often as it is asked for. */
  open(): Readable
  dispose(): void
}

/** For several containers it is kept in a file meanwhile. */
export async function standardInput(readers: number): Promise<Input> {
  if (readers < 2) return { open: () => process.stdin, dispose: () => process.stdin.pause() }
  const folder = mkdtempSync(join(tmpdir(), 'tsc-compose-cp-'))
  const path = join(folder, 'input.tar')
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
  return { open: () => createReadStream(path), dispose: () => rmSync(folder, { recursive: true, force: true }) }
}

export async function copyTo(copy: Copy & { input: Input | undefined }): Promise<void> {
  const { docker, id, from, to, archive, signal, input } = copy
  const container = docker.getContainer(id)
  const destination = await destinationOf(container, to, signal)
  const put = (tar: Readable, path: string) =>
    container
      .putArchive(tar, { path, copyUIDGID: archive, noOverwriteDirNonDir: true, abortSignal: signal })
      .catch(throwFromDaemon)
  if (input) {
    if (!destination.exists || !destination.isFolder)
      throw new ComposeError('invalid_argument', `destination "${shortId(id)}:${to}" must be a directory`)
    await put(input.open(), destination.path)
    return
  }
  const source = sourceOf(from, copy.followLink)
  const { folder, name } = arrange(source, destination)
  await put(Readable.from(packPath(source.path, { name })), folder)
}

/** A link there is followed once, as docker does it. */
async function destinationOf(container: Container, to: string, abortSignal: AbortSignal) {
  const stat = (path: string): Promise<PathStat | undefined> =>
    container.infoArchive({ path, abortSignal }).catch(error => {
      if (error instanceof ComposeError && error.code === 'not_found') return undefined
      throw error
    })
  let path = posix.isAbsolute(to) ? to : `/${to}`
  let found = await stat(path)
  if (found && hasBit(found.mode, goLink)) {
    path = found.linkTarget
    found = await stat(path)
  }
  return { path, exists: found !== undefined, isFolder: found !== undefined && hasBit(found.mode, goFolder) }
}

function sourceOf(from: string, followLink: boolean): { path: string; name: string; isFolder: boolean } {
  try {
    const inside = /\/\.?$/.test(from) || from === '.'
    const path = followLink || inside ? realpathSync(from) : resolve(from)
    return { path, name: nameOf(from), isFolder: lstatSync(path).isDirectory() }
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    throw new ComposeError('not_found', `lstat ${resolve(from)}: no such file or directory`)
  }
}
