// Where fetched Compose files are kept: one folder each, named by what it holds, complete or not there.
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../../shared/errors.ts'
import { engineRoots } from '../../../shared/roots.ts'
import type { RemoteOptions } from './remote-options.ts'

export function cacheOf({ env }: RemoteOptions): string {
  return join(engineRoots(env).dataRoot, 'remote')
}

/** The folder for a digest; `fill` writes it if it is not there yet. */
export async function cachedFolder(
  digest: string,
  { env }: RemoteOptions,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const cache = cacheOf({ env })
  const folder = join(cache, digest)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const temporary = mkdtempSync(join(cache, 'partial-'))
  try {
    await fill(temporary)
    renameSync(temporary, folder)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    // Somebody else was faster with the same content.
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
  return folder
}
