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

export interface Store {
  blobs: Blobs
  documents: Documents
  /** The image of a manifest. */
  imageOf: (manifest: string) => ImageRecord | undefined
}

/** In the index's order. */
export function indexEntries({ manifests }: StoredIndex, { blobs, documents, imageOf }: Store): IndexEntry[] {
  return manifests.map(descriptor => {
    const subject = attestedBy(descriptor)
    const kind = subject === undefined ? (isImage(descriptor) ? 'image' : 'unknown') : 'attestation'
    const record = imageOf(descriptor.digest)
    const found = documents.manifest(descriptor.digest)
    // Without its image an attestation is only there because something else has not been collected yet.
    const isOwned = kind === 'image' ? record !== undefined : imageOf(subject ?? '') !== undefined
    const isWhole = found && isOwned && [found.config, ...found.layers].every(({ digest }) => blobs.has(digest))
    return { descriptor, kind, manifest: isWhole ? found : undefined, record: isWhole ? record : undefined }
  })
}

/** What a name keeps beside its images: the index, and what is attested of those that are here. */
export function keptByIndex(index: StoredIndex, { documents, imageOf }: Omit<Store, 'blobs'>): string[] {
  const attested = index.manifests.flatMap(descriptor => {
    const subject = attestedBy(descriptor)
    if (subject === undefined || !imageOf(subject)) return []
    return documents.manifest(descriptor.digest) ?? []
  })
  const digests = attested.flatMap(({ digest, config, layers }) => [
    digest,
    config.digest,
    ...layers.map(layer => layer.digest),
  ])
  return [index.digest, ...digests]
}
