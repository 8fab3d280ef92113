// What a COPY takes from its source: the files that its patterns name, in one order, each with its place below the
// destination. Links are followed where a source is named, and stay links below it; none leads out of the source.
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { ignoreMatcher } from '../../shared/ignore-patterns.ts'
import { isPattern, partMatcher } from '../../shared/path-pattern.ts'

export interface Selection {
  /** As they are named: relative to the source's folder, which is also their `/`. */
  sources: readonly string[]
  /** Lines of .dockerignore: what they match isn't there. */
  ignored: readonly string[]
  /** --exclude: relative to the folder that is copied. */
  excluded: readonly string[]
  /** --parents: the folders that a source is in come along, from its `/./` on. */
  parents: boolean
}

export interface SelectedFile {
  /** To read it by. */
  path: string
  /** Below the destination; empty for a folder whose content it takes. */
  name: string
  stats: Stats
  /** A source of its own: the destination may be its new name. */
  single: boolean
}

/** Folders before what is in them. Throws not_found for a source that isn't there. */
export function* selectFiles(root: string, selection: Selection): Generator<SelectedFile> {
  const isIgnored = ignoreMatcher(selection.ignored)
  // Below an ignored folder something may be wanted all the same.
  const hasExceptions = selection.ignored.some(line => line.trim().startsWith('!'))
  const isExcluded = ignoreMatcher(selection.excluded)
  const read = (path: string) => posix.join(root, path)

  for (const source of selection.sources) {
    const found = expand(root, source).filter(path => path === '.' || hasExceptions || !isIgnored(path))
    if (found.length === 0) throw notFound(source)
    let taken = 0
    for (const path of found) {
      const real = resolveInside(root, path)
      if (real === undefined) {
        if (isPattern(source)) continue
        throw notFound(source)
      }
      const stats = lstatSync(read(real))
      const keep = selection.parents ? keptParents(source, path) : undefined
      for (const file of stats.isDirectory() ? folder(real, stats, keep) : single(real, path, stats, keep)) {
        taken++
        yield file
      }
    }
    if (taken === 0 && !isPattern(source)) throw notFound(source)
  }

  function* single(real: string, named: string, stats: Stats, keep: string | undefined): Generator<SelectedFile> {
    const name = posix.basename(named)
    if (isIgnored(real) || isExcluded(name)) return
    yield { path: read(real), name: keep ?? name, stats, single: keep === undefined }
  }

  function* folder(real: string, stats: Stats, keep: string | undefined): Generator<SelectedFile> {
    const top = real === '.' ? '' : real
    const begin = { path: read(real), name: keep ?? '', stats, single: false }
    if (top === '' || !isIgnored(top)) yield begin
    else if (!hasExceptions) return
    yield* below(top, '', keep ?? '', top !== '' && isIgnored(top) ? [begin] : [])
  }

  /** `waiting`: ignored folders on the way, which are there only if something in them is. */
  function* below(top: string, inside: string, name: string, waiting: SelectedFile[]): Generator<SelectedFile> {
    for (const entry of readdirSync(read(posix.join(top, inside))).sort()) {
      const within = inside === '' ? entry : `${inside}/${entry}`
      const path = top === '' ? within : `${top}/${within}`
      if (isExcluded(within)) continue
      const stats = lstatSync(read(path), { throwIfNoEntry: false })
      if (!stats && entry.includes('\uFFFD'))
        throw new ComposeError(
          'invalid_argument',
          `${posix.join('/', path)}: a name that is not UTF-8 can't be copied`,
          {
            hint: 'rename it, or leave it out by .dockerignore or --exclude',
          },
        )
      if (!stats || stats.isSocket()) continue
      const file = { path: read(path), name: name === '' ? entry : `${name}/${entry}`, stats, single: false }
      const ignored = isIgnored(path)
      if (ignored && !(hasExceptions && stats.isDirectory())) continue
      const pending = ignored ? [...waiting, file] : []
      if (!ignored) {
        yield* waiting.splice(0)
        yield file
      }
      if (!stats.isDirectory()) continue
      for (const inner of below(top, within, file.name, pending)) {
        if (ignored) for (const outer of waiting.splice(0)) if (outer !== inner) yield outer
        yield inner
      }
    }
  }
}

const notFound = (source: string) =>
  new ComposeError('not_found', `"${posix.join('/', source)}": not found`, {
    hint: 'it is not in the build context, or .dockerignore leaves it out',
  })

/** The paths that a source names, which may have patterns in its parts. `**` stands for any number of folders. */
function expand(root: string, source: string): string[] {
  const parts = posix
    .join('/', source)
    .split('/')
    .filter(part => part !== '' && part !== '.')
  if (!parts.some(isPattern)) return [parts.join('/') || '.']
  let found = ['']
  for (const part of parts) {
    const next: string[] = []
    for (const folder of found) {
      if (part === '**') next.push(...allFolders(root, folder))
      else if (!isPattern(part)) next.push(posix.join(folder, part))
      else {
        const matches = partMatcher(part)
        next.push(
          ...entries(root, folder)
            .filter(matches)
            .map(entry => posix.join(folder, entry)),
        )
      }
    }
    found = next
  }
  return found.filter(path => lstatSync(posix.join(root, path), { throwIfNoEntry: false }))
}

function allFolders(root: string, folder: string): string[] {
  const inner = entries(root, folder)
    .map(entry => posix.join(folder, entry))
    .filter(path => lstatSync(posix.join(root, path)).isDirectory())
  return [folder, ...inner.flatMap(path => allFolders(root, path))]
}

function entries(root: string, folder: string): string[] {
  const real = resolveInside(root, folder || '.')
  if (real === undefined || !lstatSync(posix.join(root, real)).isDirectory()) return []
  return readdirSync(posix.join(root, real)).sort()
}

/** The path without a link in it; `/` of an absolute link is the root. Undefined: nothing is there. */
export function resolveInside(root: string, path: string): string | undefined {
  let done: string[] = []
  const rest = path.split('/')
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    const here = posix.join(root, ...done, part)
    const stats = lstatSync(here, { throwIfNoEntry: false })
    if (!stats) return undefined
    if (stats.isSymbolicLink()) {
      // As many as the kernel follows.
      if (++links > 40) return undefined
      const target = readlinkSync(here)
      if (target.startsWith('/')) done = []
      rest.unshift(...target.split('/'))
    } else done.push(part)
  }
  return done.join('/') || '.'
}

/** Where a path of `root` is on the host: inside, wherever links lead. Undefined: nothing is there. */
export const findInside =
  (root: string) =>
  (path: string): string | undefined => {
    const inside = resolveInside(root, path)
    return inside === undefined ? undefined : posix.join(root, inside)
  }

/** Of `a/./b/c` what follows the dot, else the whole path. */
function keptParents(source: string, path: string): string {
  const pivot = source.indexOf('/./')
  if (pivot < 0) return path
  const depth = source.slice(0, pivot).split('/').filter(Boolean).length
  return path.split('/').slice(depth).join('/')
}
