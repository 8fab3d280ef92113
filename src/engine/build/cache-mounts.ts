// The folders of RUN --mount=type=cache: each is whole or not there at all, a private one is one step's at a time, and
// what a step uses is not pruned.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyedTurns } from '../../shared/turns.ts'

export interface CacheMounts {
  /** `fill` is given an empty folder where there is none of this name yet. */
  take(wanted: WantedCacheMount): Promise<CacheMount>
  /** The names of those that are there. */
  names(): string[]
  folder(name: string): string
  isUsed(name: string): boolean
  remove(name: string): Promise<void>
  /** Removes what a kill left half filled. */
  sweep(): Promise<void>
}

export interface WantedCacheMount {
  name: string
  /** Whoever comes while others use it is given another one. */
  isPrivate: boolean
  fill: (folder: string) => Promise<void>
}

export interface CacheMount {
  folder: string
  release(): void
}

const unfinished = '.unfinished-'

export function createCacheMounts(root: string): CacheMounts {
  const users = new Map<string, number>()
  const turns = createKeyedTurns()
  const folder = (name: string) => join(root, name)
  const entries = () => (existsSync(root) ? readdirSync(root, { withFileTypes: true }) : [])
  const mounts: CacheMounts = {
    folder,
    isUsed: name => users.has(name),
    names: () => entries().flatMap(entry => (entry.isDirectory() && !entry.name.startsWith('.') ? entry.name : [])),
    async take({ name: base, isPrivate, fill }) {
      let name = base
      for (let other = 1; isPrivate && users.has(name); other++) name = `${base}-${other}`
      users.set(name, (users.get(name) ?? 0) + 1)
      const release = () => {
        const left = (users.get(name) ?? 1) - 1
        if (left > 0) users.set(name, left)
        else users.delete(name)
      }
      try {
        await turns.run(name, () => make(name, fill))
      } catch (error) {
        release()
        throw error
      }
      return { folder: folder(name), release }
    },
    async remove(name) {
      await turns.run(name, async () => {
        if (users.has(name)) return
        // Gone at once for whoever comes next.
        const away = `${folder(unfinished)}${randomBytes(8).toString('hex')}`
        renameSync(folder(name), away)
        await rm(away, { recursive: true, force: true })
      })
    },
    async sweep() {
      // Earlier versions wrote a file beside each.
      const left = entries().filter(entry => !entry.isDirectory() || entry.name.startsWith(unfinished))
      await Promise.all(left.map(({ name }) => rm(folder(name), { recursive: true, force: true })))
    },
  }
  return mounts

  async function make(name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    if (existsSync(folder(name))) return
    const temporary = `${folder(unfinished)}${randomBytes(8).toString('hex')}`
    mkdirSync(temporary, { recursive: true })
    try {
      await fill(temporary)
      renameSync(temporary, folder(name))
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
}
