// Where what is copied comes to lie, by the rules of cp -r that docker has.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'

export interface Source {
  /** The name that it brings; `.` for the content of a folder (`data/.`). */
  name: string
  isFolder: boolean
}

export interface Destination {
  /** As it was written: a slash at its end says that it is a folder. */
  path: string
  exists: boolean
  isFolder: boolean
}

export interface Arrangement {
  /** An existing folder, into which the archive is unpacked. */
  folder: string
  /** What the source is called there; `.`: its content lies in the folder itself. */
  name: string
}

/** Throws where a folder would have to become a file, or a file to lie in a folder that there is not. */
export function arrange(source: Source, { path, exists, isFolder }: Destination): Arrangement {
  if (exists && isFolder) return { folder: path, name: source.name }
  if (exists && source.isFolder) throw new ComposeError('invalid_argument', 'cannot copy directory')
  if (!exists && !source.isFolder && /\/\.?$/.test(path)) throw new ComposeError('not_found', 'no such directory')
  const plain = posix.join(path).replace(/(?<=.)\/+$/, '')
  return { folder: posix.dirname(plain), name: posix.basename(plain) }
}

/** The name of an entry in an archive whose root is called `from`, when that is to be called `to`. */
export function renamed(entry: string, from: string, to: string): string {
  if (from === to) return entry
  const own = entry.replace(/^\.\//, '')
  const below = from === '.' ? own : own.slice(from.length).replace(/^\//, '')
  return to === '.' ? below || './' : below === '' ? (entry.endsWith('/') ? `${to}/` : to) : `${to}/${below}`
}

/** The name that a path brings along. */
export const nameOf = (path: string): string => (/(?:^|\/)\.$/.test(path) || path === '/' ? '.' : posix.basename(path))
