// Manifests and indexes of the store, read once: what a digest names never changes.
import { type Descriptor, type Manifest, mediaTypes, type RegistryDocument } from '../../registry/manifest.ts'
import { headOf } from '../../shared/compression.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Blobs } from './blobs.ts'
import { checkDocument } from './check-manifest.ts'
import type { ImageRecord } from './record.ts'

interface Stored {
  text: string
  digest: string
  mediaType: string
}

export type StoredManifest = Stored & Manifest & { mediaType: string }
export type StoredIndex = Stored & { manifests: Descriptor[] }

export const descriptorOf = ({ mediaType, digest, text }: Stored): Descriptor => ({
  mediaType,
  digest,
  size: Buffer.byteLength(text),
})

/** All undefined or empty: it is not here, or is none. */
export interface Documents {
  index(digest: string | undefined): StoredIndex | undefined
  manifest(digest: string): StoredManifest | undefined
  /** Of an image, the newest first: it may have come in several. */
  manifestsOf(record: ImageRecord): StoredManifest[]
  forget(digest: string): void
}

/** A blob that is larger is no manifest. */
const largestManifest = 4 * 1024 * 1024

export function createDocuments(blobs: Blobs): Documents {
  const known = new Map<string, (Stored & RegistryDocument) | undefined>()
  // It is another record whenever its blobs are.
  const ofRecord = new WeakMap<ImageRecord, StoredManifest[]>()
  const get = (digest: string) => {
    if (known.has(digest)) return known.get(digest)
    // It may come later.
    if (!blobs.has(digest)) return undefined
    const found = read(blobs, digest)
    known.set(digest, found)
    return found
  }
  const documents: Documents = {
    index(digest) {
      const found = digest === undefined ? undefined : get(digest)
      return found?.manifests && { ...found, manifests: found.manifests }
    },
    manifest(digest) {
      const found = get(digest)
      return found?.config && found.layers && { ...found, config: found.config, layers: found.layers }
    },
    manifestsOf(record) {
      const known = ofRecord.get(record)
      if (known) return known
      const found = record.blobs
        .toReversed()
        .flatMap(digest => documents.manifest(digest) ?? [])
        .filter(({ config }) => config.digest === record.id)
      ofRecord.set(record, found)
      return found
    },
    forget: digest => void known.delete(digest),
  }
  return documents
}

function read(blobs: Blobs, digest: string): (Stored & RegistryDocument) | undefined {
  if (blobs.size(digest) > largestManifest) return undefined
  // Layers are not read for this.
  if (headOf(blobs.path(digest), 1).toString() !== '{') return undefined
  const text = blobs.readText(digest)
  try {
    const document = checkDocument(JSON.parse(text), digest)
    const kind = document.manifests ? mediaTypes.index : mediaTypes.manifest
    return { ...document, mediaType: document.mediaType ?? kind, text, digest }
  } catch (error) {
    if (error instanceof ComposeError || error instanceof SyntaxError) return undefined
    throw error
  }
}
