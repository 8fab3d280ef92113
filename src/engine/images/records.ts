// The records of images, and what is known of each by its configuration and its manifests.
import type { Platform } from '../../registry/platform.ts'
import type { Collection } from '../store/database.ts'
import type { Blobs } from './blobs.ts'
import type { Documents } from './documents.ts'
import type { ImageDocument, ImageRecord } from './record.ts'

export interface Records {
  get(id: string): ImageRecord | undefined
  all(): ImageRecord[]
  /** Takes an image whose blobs are stored and whose layers are unpacked. */
  add(configDigest: string, blobs: readonly string[]): ImageRecord
  drop(id: string): void
  document(record: ImageRecord): ImageDocument
  platformOf(record: ImageRecord): Platform
  /** The image of a manifest. */
  ofManifest(digest: string): ImageRecord | undefined
}

export function createRecords(store: Collection<ImageRecord>, blobs: Blobs, documents: Documents): Records {
  /** Made anew when it is asked for after a change. */
  let byManifest: ReadonlyMap<string, ImageRecord> | undefined
  /** Lists ask for it, and it never changes. */
  const platforms = new WeakMap<ImageRecord, Platform>()
  const records: Records = {
    get: store.get,
    all: store.all,
    add(configDigest, contents) {
      const known = store.get(configDigest)
      const record: ImageRecord = {
        id: configDigest,
        diffIds: blobs.readJson<ImageDocument>(configDigest).rootfs.diff_ids,
        stored: known?.stored ?? new Date().toISOString(),
        blobs: [...new Set([...(known?.blobs ?? []), ...contents])],
      }
      byManifest = undefined
      store.put(record.id, record)
      return record
    },
    drop(id) {
      byManifest = undefined
      store.drop(id)
    },
    document: record => blobs.readJson<ImageDocument>(record.id),
    platformOf(record) {
      const known = platforms.get(record)
      if (known) return known
      const { os, architecture, variant } = records.document(record)
      const platform = { os, architecture, ...(variant ? { variant } : {}) }
      platforms.set(record, platform)
      return platform
    },
    ofManifest(digest) {
      byManifest ??= new Map(
        store.all().flatMap(record => documents.manifestsOf(record).map(one => [one.digest, record] as const)),
      )
      return byManifest.get(digest)
    },
  }
  return records
}
