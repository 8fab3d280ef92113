// Places that a step's mounts needed and that were not there before: made by the runtime, and no part of what the step
// has changed.
import { lstatSync, readdirSync, rmdirSync, type Stats, unlinkSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Mounted into every container. */
const everywhere = ['/proc', '/sys', '/dev', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf']

/** Takes them out of an upper folder, with the folders on the way that nothing else is in. */
export function removeStubs(upper: string, lowerFolders: readonly string[], targets: readonly string[]): void {
  const all = [...everywhere, ...targets].sort((a, b) => b.length - a.length)
  for (const path of all) {
    const stats = statOf(join(upper, path))
    if (!stats || inLower(lowerFolders, path)) continue
    if (stats.isDirectory() ? readdirSync(join(upper, path)).length > 0 : !stats.isFile() || stats.size > 0) continue
    if (stats.isDirectory()) rmdirSync(join(upper, path))
    else unlinkSync(join(upper, path))
    removeEmptyParents(upper, lowerFolders, posix.dirname(path))
  }
}

function removeEmptyParents(upper: string, lowerFolders: readonly string[], path: string): void {
  if (path === '/') return
  const stats = statOf(join(upper, path))
  if (!stats?.isDirectory() || readdirSync(join(upper, path)).length > 0) return
  const below = inLower(lowerFolders, path)
  // It is there only because something was made in it, unless it has been changed itself.
  if (below && (below.mode !== stats.mode || below.uid !== stats.uid || below.gid !== stats.gid)) return
  rmdirSync(join(upper, path))
  removeEmptyParents(upper, lowerFolders, posix.dirname(path))
}

function inLower(folders: readonly string[], path: string): Stats | undefined {
  for (const folder of folders) {
    const found = statOf(join(folder, path))
    // A whiteout (overlayfs): deleted from there on.
    if (found?.isCharacterDevice() && found.rdev === 0) return undefined
    if (found) return found
  }
  return undefined
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    // ENOTDIR: a file stands on the way.
    return undefined
  }
}
