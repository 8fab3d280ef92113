// What an index lists, and what of it the store has.
import { attestedBy, type Descriptor, isImage } from '../../registry/manifest.ts'
import type { Blobs } from './blobs.ts'
import type { Documents, StoredIndex, StoredManifest } from './documents.ts'
import type { ImageRecord } from './record.ts'

export interface IndexEntry {
  descriptor: Descriptor
  kind: 'image' | 'attestation' | 'unknown'
  /** Undefined: the store has not all of it. */
  manifest: StoredManifest | undefined
  /** Of an image that the store has. */
  record: ImageRecord | undefined
}

export interface EntriesOptions {
  blobs: Blobs
  documents: Documents
  records: readonly ImageRecord[]
}

/** In the index's order. */
export function indexEntries({ manifests }: StoredIndex, { blobs, documents, records }: EntriesOptions): IndexEntry[] {
  const byManifest = new Map(
    records.flatMap(record => documents.manifestsOf(record).map(({ digest }) => [digest, record] as const)),
  )
  return manifests.map(descriptor => {
    const subject = attestedBy(descriptor)
    const kind = subject === undefined ? (isImage(descriptor) ? 'image' : 'unknown') : 'attestation'
    const record = byManifest.get(descriptor.digest)
    const found = documents.manifest(descriptor.digest)
    // Without its image an attestation is only there because something else has not been collected yet.
    const isOwned = kind === 'image' ? record !== undefined : byManifest.has(subject ?? '')
    const isWhole = found && isOwned && [found.config, ...found.layers].every(({ digest }) => blobs.has(digest))
    return { descriptor, kind, manifest: isWhole ? found : undefined, record: isWhole ? record : undefined }
  })
}
