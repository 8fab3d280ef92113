// The folders of RUN --mount=type=cache: each is whole or not there at all, a private one is one step's at a time, and
// what a step uses is not pruned.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
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
  /** Written beside it. */
  note: object
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
  const mounts: CacheMounts = {
    folder,
    isUsed: name => users.has(name),
    names: () => (existsSync(root) ? readdirSync(root) : []).filter(name => !/^\.|\.json$/.test(name)),
    async take({ name: base, isPrivate, note, fill }) {
      let name = base
      for (let other = 1; isPrivate && users.has(name); other++) name = `${base}-${other}`
      users.set(name, (users.get(name) ?? 0) + 1)
      const release = () => {
        const left = (users.get(name) ?? 1) - 1
        if (left > 0) users.set(name, left)
        else users.delete(name)
      }
      try {
        await turns.run(name, () => make(name, note, fill))
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
        for (const path of [away, `${folder(name)}.json`]) await rm(path, { recursive: true, force: true })
      })
    },
    async sweep() {
      const left = (existsSync(root) ? readdirSync(root) : []).filter(name => name.startsWith(unfinished))
      await Promise.all(left.map(name => rm(folder(name), { recursive: true, force: true })))
    },
  }
  return mounts

  async function make(name: string, note: object, fill: (folder: string) => Promise<void>): Promise<void> {
    if (existsSync(folder(name))) return
    const temporary = `${folder(unfinished)}${randomBytes(8).toString('hex')}`
    mkdirSync(temporary, { recursive: true })
    try {
      await fill(temporary)
      writeFileSync(`${folder(name)}.json`, JSON.stringify({ ...note, created: new Date().toISOString() }))
      renameSync(temporary, folder(name))
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
}
