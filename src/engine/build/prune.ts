// What of the build cache nobody needs: entries, cache mounts, and what is remembered of contexts.
import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { folderSize } from '../../shared/folder-size.ts'
import type { Images } from '../images/images.ts'
import type { Content } from '../images/leases.ts'
import type { BuildCache } from './cache.ts'
import type { CacheMounts } from './cache-mounts.ts'

export interface PruneOptions {
  buildCache: BuildCache
  images: Images
  cacheMounts: CacheMounts
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
  /** Dropped, what it kept is not collected yet. */
  remove(): Content | Promise<void>
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
      remove: () => buildCache.drop([entry]),
    }
  })
  const mounts = cacheMounts.names().map(async (name): Promise<CacheRecord> => {
    const path = cacheMounts.folder(name)
    const { birthtime, mtime } = statSync(path)
    return {
      id: name,
      type: 'exec.cachemount',
      description: 'RUN --mount=type=cache',
      size: await folderSize(path),
      created: birthtime.toISOString(),
      lastUsed: mtime.toISOString(),
      uses: 0,
      inUse: cacheMounts.isUsed(name),
      parents: [],
      remove: () => cacheMounts.remove(name),
    }
  })
  return [...entries, ...(await Promise.all(mounts))]
}

export interface Pruned {
  removed: CacheRecord[]
  /** Bytes. */
  freed: number
}

export async function pruneBuildCache(options: PruneOptions, { all, admits, keep }: PruneRequest): Promise<Pruned> {
  const candidates = (await cacheRecords(options))
    // A mount that a step has now stays, whatever is asked for.
    .filter(record => (!record.inUse || (all && record.type === 'regular')) && admits(record))
    .sort((a, b) => (a.lastUsed < b.lastUsed ? -1 : 1))
  let left = candidates.reduce((sum, { size }) => sum + size, 0)
  const removed: CacheRecord[] = []
  const unkept: Content[] = []
  for (const record of candidates) {
    if (left <= keep && keep > 0) break
    unkept.push((await record.remove()) ?? { layers: [], blobs: [] })
    removed.push(record)
    left -= record.size
  }
  options.images.collect({
    layers: unkept.flatMap(({ layers }) => layers),
    blobs: unkept.flatMap(({ blobs }) => blobs),
  })
  if (all) await rm(options.digestBooks, { recursive: true, force: true })
  return { removed, freed: removed.reduce((sum, { size, inUse }) => sum + (inUse ? 0 : size), 0) }
}
