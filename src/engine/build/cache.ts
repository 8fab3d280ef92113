// The build cache: what a step made, by a key of everything that it was made of. An entry keeps its layer; one whose
// layer has gone all the same is no entry.
import { createHash } from 'node:crypto'
import type { Blobs } from '../images/blobs.ts'
import { chainIds, type Layers } from '../images/layers.ts'
import type { Content } from '../images/leases.ts'
import type { Collection } from '../store/database.ts'

export interface CacheEntry {
  key: string
  /** Below the layer, lowest first. */
  parents: string[]
  /** Undefined: the step changed nothing. */
  layer: CachedLayer | undefined
  /** The instruction. */
  description: string
  created: string
  lastUsed: string
  uses: number
}

export interface CachedLayer {
  diffId: string
  size: number
  /** The digest of its blob, where that isn't the plain tar: it came compressed from a registry. */
  blob?: string | undefined
}

export interface BuildCache {
  find(key: string): CacheEntry | undefined
  put(entry: Omit<CacheEntry, 'lastUsed' | 'uses'>): void
  all(): CacheEntry[]
  drop(entries: readonly CacheEntry[]): Content
  content(): Content
}

export function createBuildCache(store: Collection<CacheEntry>, layers: Layers, blobs: Blobs): BuildCache {
  return {
    find(key) {
      const entry = store.get(key)
      if (!entry) return undefined
      if (entry.layer && !(layers.has(chainOf(entry)) && blobs.has(blobOf(entry.layer)))) {
        store.drop(key)
        return undefined
      }
      store.keep(key, { ...entry, lastUsed: new Date().toISOString(), uses: entry.uses + 1 })
      return entry
    },
    put(entry) {
      store.put(entry.key, { ...entry, lastUsed: new Date().toISOString(), uses: 0 })
    },
    all: () => store.all(),
    drop(entries) {
      for (const { key } of entries) store.drop(key)
      return contentOf(entries)
    },
    content: () => contentOf(store.all()),
  }
}

export const blobOf = ({ diffId, blob = diffId }: CachedLayer): string => blob

const chainOf = ({ parents, layer }: CacheEntry) => chainIds([...parents, layer?.diffId ?? '']).at(-1) ?? ''

const contentOf = (entries: readonly CacheEntry[]): Content => {
  const kept = entries.filter(({ layer }) => layer !== undefined)
  return { layers: kept.map(chainOf), blobs: kept.flatMap(({ layer }) => (layer ? blobOf(layer) : [])) }
}

/** One key of any plain values. */
export const cacheKey = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
