// What a container has changed of its image's files: its upper folder beside the folders below it (kernel documentation,
// overlayfs). Folders are opened one in the other, links never followed: a process of the container may exchange them.
import { closeSync, constants, lstatSync, openSync, readdirSync, type Stats } from 'node:fs'
import { isErrno } from '../../../shared/errors.ts'
import { isOpaque } from '../../chrooted/attributes.ts'
import { isChange } from '../../chrooted/layer-changes.ts'

/** As the Engine API numbers them. */
export const changeKinds = { modified: 0, added: 1, deleted: 2 } as const

export interface ChangedPath {
  Path: string
  Kind: (typeof changeKinds)[keyof typeof changeKinds]
}

/** `lowers`: the image's layers, the top one first. Folders before what is in them. */
export function changedPaths(upper: string, lowers: readonly string[]): ChangedPath[] {
  const found: ChangedPath[] = []
  const opened = [upper, ...lowers].map(path => openFolder(path))
  try {
    const [own, ...below] = opened.flatMap(folder => folder ?? [])
    if (own !== undefined) compare(own, below, '', found)
  } finally {
    for (const folder of opened) if (folder !== undefined) closeSync(folder)
  }
  return found
}

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
const at = (folder: number, name: string): string => `/proc/self/fd/${folder}/${name}`

/** Undefined: it isn't there any more, or is no folder. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  }
}

const look = (folder: number, name: string): Stats | undefined => lstatSync(at(folder, name), { throwIfNoEntry: false })
const isWhiteout = (stats: Stats): boolean => stats.isCharacterDevice() && stats.rdev === 0

/** `own` and `below` are the same folder, which is `path`, in the container and in layers, the top one first. */
function compare(own: number, below: readonly number[], path: string, found: ChangedPath[]): void {
  const names = readdirSync(at(own, '.')).sort()
  const hidden = isOpaque(at(own, '.')) ? belowNames(below).filter(name => !names.includes(name)) : []
  let isTold = path === '' || found.at(-1)?.Path === path
  const tell = (name: string, kind: ChangedPath['Kind']) => {
    // A folder has changed when something came or went in it, whatever its times say.
    if (!isTold && kind !== changeKinds.modified) {
      found.push({ Path: path, Kind: changeKinds.modified })
      isTold = true
    }
    found.push({ Path: `${path}/${name}`, Kind: kind })
  }
  for (const name of hidden) tell(name, changeKinds.deleted)
  for (const name of names) {
    const stats = look(own, name)
    if (!stats || !isChange(`/upper${path}/${name}`, stats)) continue
    const before = firstBelow(below, name)
    if (isWhiteout(stats)) {
      if (before) tell(name, changeKinds.deleted)
      continue
    }
    const isFolder = stats.isDirectory()
    if (!before) tell(name, changeKinds.added)
    else if (!isFolder || !before.isDirectory() || stats.mode !== before.mode) tell(name, changeKinds.modified)
    else if (stats.mtimeMs !== before.mtimeMs && !hasMountPoint(own, name, `${path}/${name}`))
      tell(name, changeKinds.modified)
    if (isFolder) descend(own, below, name, `${path}/${name}`, found)
  }
}

/** Then its time says only that the engine has made one. */
function hasMountPoint(own: number, name: string, path: string): boolean {
  const folder = openFolder(at(own, name))
  if (folder === undefined) return false
  try {
    return readdirSync(at(folder, '.')).some(entry => {
      const stats = look(folder, entry)
      return stats !== undefined && !isChange(`/upper${path}/${entry}`, stats)
    })
  } finally {
    closeSync(folder)
  }
}

function descend(own: number, below: readonly number[], name: string, path: string, found: ChangedPath[]): void {
  const inner = openFolder(at(own, name))
  if (inner === undefined) return
  const lower: number[] = []
  try {
    for (const folder of below) {
      const stats = look(folder, name)
      if (stats && !stats.isDirectory()) break
      const opened = stats && openFolder(at(folder, name))
      if (opened === undefined) continue
      lower.push(opened)
      if (isOpaque(at(opened, '.'))) break
    }
    compare(inner, lower, path, found)
  } finally {
    for (const folder of [inner, ...lower]) closeSync(folder)
  }
}

/** What the layers together have by that name. */
function firstBelow(below: readonly number[], name: string): Stats | undefined {
  for (const folder of below) {
    const stats = look(folder, name)
    if (stats) return isWhiteout(stats) ? undefined : stats
  }
  return undefined
}

function belowNames(below: readonly number[]): string[] {
  const names = new Set(below.flatMap(folder => readdirSync(at(folder, '.'))))
  return [...names].filter(name => firstBelow(below, name) !== undefined).sort()
}
