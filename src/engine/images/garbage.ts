// What of the store nobody has any more: no image, no name's index, nobody else who keeps something, and nobody who is
// about to use it.
import type { Blobs } from './blobs.ts'
import type { DiffIds } from './diff-ids.ts'
import type { Documents } from './documents.ts'
import { keptByIndex } from './index-entries.ts'
import { chainIds, type Layers } from './layers.ts'
import { type Content, createLeases, type Lease } from './leases.ts'
import type { Names } from './names.ts'
import type { Records } from './records.ts'

export interface Garbage {
  /** Of these layers and blobs what nothing has goes; returns what went. What is held goes later. */
  collect(content: Content): Content
  /** Keeps content from being collected until it is disposed of. */
  lease(): Lease
  /** What others than images keep in the store, such as a cache: asked for whenever something is collected. */
  keptBy(contentOf: () => Content): void
  /** Blobs that names with these indexes keep beside their images. */
  keptByIndexes(digests: readonly (string | undefined)[]): string[]
}

export interface GarbageOptions {
  records: Records
  names: Names
  documents: Documents
  diffIds: DiffIds
  layers: Layers
  blobs: Blobs
}

export function createGarbage({ records, names, documents, diffIds, layers, blobs }: GarbageOptions): Garbage {
  const keepers: (() => Content)[] = []
  const garbage: Garbage = {
    lease: () => leases.open(),
    keptBy: contentOf => void keepers.push(contentOf),
    keptByIndexes: digests =>
      [...new Set(digests)].flatMap(digest => {
        const index = documents.index(digest)
        return index ? keptByIndex(index, { documents, imageOf: records.ofManifest }) : []
      }),
    collect(content) {
      const all = records.all()
      const kept = keepers.map(contentOf => contentOf())
      const chains = new Set([...all.flatMap(({ diffIds: own }) => chainIds(own)), ...kept.flatMap(one => one.layers)])
      const digests = new Set([
        ...all.flatMap(({ id, blobs: own }) => [id, ...own]),
        ...garbage.keptByIndexes(names.all().map(({ index }) => index)),
        ...kept.flatMap(one => one.blobs),
      ])
      const unused = leases.unheld({
        layers: content.layers.filter(chainId => !chains.has(chainId)),
        blobs: content.blobs.filter(digest => !digests.has(digest)),
      })
      for (const chainId of unused.layers) layers.remove(chainId)
      for (const digest of unused.blobs) {
        blobs.remove(digest)
        documents.forget(digest)
        diffIds.forget(digest)
      }
      return unused
    },
  }
  const leases = createLeases(content => void garbage.collect(content))
  return garbage
}
