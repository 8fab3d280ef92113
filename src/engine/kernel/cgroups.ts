// Control groups as folders: one hierarchy (v2), or one per controller (v1). The runtime makes them.
import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../shared/errors.ts'

const root = '/sys/fs/cgroup'

/** Removes an empty group from every hierarchy; false when processes or groups are left in it. */
export function removeCgroup(path: string): boolean {
  let empty = true
  for (const hierarchy of ['', ...hierarchies()]) {
    try {
      rmdirSync(join(root, hierarchy, path))
    } catch (error) {
      if (isErrno(error, 'EBUSY', 'ENOTEMPTY')) empty = false
    }
  }
  return empty
}

/** The folders of a group, one in each hierarchy that has it. */
export const groupFolders = (path: string): string[] =>
  ['', ...hierarchies()].map(hierarchy => join(root, hierarchy, path)).filter(folder => existsSync(folder))

let known: string[] | undefined

/** The controllers' folders of v1; on v2 these are groups, in which nothing of ours is. */
function hierarchies(): string[] {
  known ??= readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
  return known
}
