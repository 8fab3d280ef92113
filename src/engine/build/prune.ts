// What of the build cache nobody needs: entries, cache mounts, and what is remembered of contexts.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { folderSize } from '../../shared/folder-size.ts'
import type { Images } from '../images/images.ts'
import type { BuildCache } from './cache.ts'

export interface PruneOptions {
  buildCache: BuildCache
  images: Images
  cacheMounts: string
  digestBooks: string
}

/** One thing that the build cache keeps. */
export interface CacheRecord {
  id: string
  type: 'regular' | 'exec.cachemount'
  description: string
  size: number
  created: string
  lastUsed: string
  uses: number
  /** An image has the layer too: dropping the entry frees nothing. */
  inUse: boolean
  parents: readonly string[]
  remove(): void
}

export interface PruneRequest {
  /** Also what images have. */
  all: boolean
  admits: (record: CacheRecord) => boolean
  /** Bytes that may stay, those used last. */
  keep: number
}

export async function cacheRecords({ buildCache, images, cacheMounts }: PruneOptions): Promise<CacheRecord[]> {
  const used = new Set(images.all().flatMap(({ diffIds }) => diffIds))
  const entries = buildCache.all().map((entry): CacheRecord => {
    const { key, layer, description, created, lastUsed, uses, parents } = entry
    return {
      id: key,
      type: 'regular',
      description,
      size: layer?.size ?? 0,
      created,
      lastUsed,
      uses,
      inUse: layer !== undefined && used.has(layer.diffId),
      parents,
      remove: () => images.collect(buildCache.drop([entry])),
    }
  })
  const names = existsSync(cacheMounts) ? readdirSync(cacheMounts).filter(name => !name.endsWith('.json')) : []
  const mounts = names.map(async (name): Promise<CacheRecord> => {
    const path = join(cacheMounts, name)
    const { birthtime, mtime } = statSync(path)
    return {
      id: name,
      type: 'exec.cachemount',
      description: 'RUN --mount=type=cache',
      size: await folderSize(path),
      created: birthtime.toISOString(),
      lastUsed: mtime.toISOString(),
      uses: 0,
      inUse: false,
      parents: [],
      remove() {
        for (const one of [path, `${path}.json`]) rmSync(one, { recursive: true, force: true })
      },
    }
  })
  return [...entries, ...(await Promise.all(mounts))]
}

/** As POST /build/prune answers. */
export async function pruneBuildCache(options: PruneOptions, { all, admits, keep }: PruneRequest) {
  const candidates = (await cacheRecords(options))
    .filter(record => (all || !record.inUse) && admits(record))
    .sort((a, b) => (a.lastUsed < b.lastUsed ? -1 : 1))
  let left = candidates.reduce((sum, { size }) => sum + size, 0)
  const removed: CacheRecord[] = []
  for (const record of candidates) {
    if (left <= keep && keep > 0) break
    record.remove()
    removed.push(record)
    left -= record.size
  }
  if (all) rmSync(options.digestBooks, { recursive: true, force: true })
  return {
    CachesDeleted: removed.map(({ id }) => id),
    SpaceReclaimed: removed.reduce((sum, { size, inUse }) => sum + (inUse ? 0 : size), 0),
  }
}
