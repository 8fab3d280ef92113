// Programs by their names, in folders that are looked through in turn.
import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/** The folders of a PATH; an empty one would be the current folder, which is nobody's place for programs. */
export const pathFolders = (path = ''): string[] => path.split(':').filter(Boolean)

/** The path of the first; a name is no path. */
export const findProgram = (name: string, folders: readonly string[]): string | undefined =>
  name.includes('/') ? undefined : folders.map(folder => join(folder, name)).find(isProgram)

/** A file that we may run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
