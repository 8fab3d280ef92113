// What is costly to make and depends on nothing but its parts: kept in .cache by a key of them.
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const project = new URL('../..', import.meta.url).pathname
export const cache = join(project, '.cache')

/** Milliseconds after which one of another key goes: until then another test that runs now may still read it. */
const keep = 24 * 60 * 60 * 1000

/** The path of `<name>-<key>`, made by `make` where it isn't there; one of an older key goes. */
export function cached(name: string, parts: readonly string[], make: (path: string) => void): string {
  const key = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
  const path = join(cache, `${name}-${key}`)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  for (const old of globSync(join(cache, `${name}-*`)))
    if (Date.now() - (statSync(old, { throwIfNoEntry: false })?.ctimeMs ?? 0) > keep)
      rmSync(old, { recursive: true, force: true })
  const unfinished = join(cache, `${process.pid}.${name}`)
  try {
    make(unfinished)
    renameSync(unfinished, path)
  } catch (error) {
    // Another process may have made the same meanwhile.
    if (!existsSync(path)) throw error
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return path
}

/** Changes when the file's contents do: a file made twice at the same time is the same one. */
export const stamp = (path: string) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
