// How many bytes the files of a folder have; nobody else waits meanwhile.
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from './errors.ts'

/** Each file once, however many names it has; links are not followed, and what vanishes meanwhile is left out. */
export async function folderSize(folder: string, seen = new Set<string>()): Promise<number> {
  let size = 0
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) size += await folderSize(path, seen)
      if (!entry.isFile()) continue
      const { dev, ino, size: own, nlink } = await lstat(path)
      const key = `${dev}:${ino}`
      if (!seen.has(key)) size += own
      if (nlink > 1) seen.add(key)
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
  }
  return size
}
