// Manifests and indexes of the store, read once: what a digest names never changes.
import { type Descriptor, type Manifest, mediaTypes } from '../../registry/manifest.ts'
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
export type StoredIndex = Stored & { manifests: Descriptor[]; listed: ReadonlySet<string> }

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
  const known = new Map<string, Read>()
  // It is another record whenever its blobs are.
  const ofRecord = new WeakMap<ImageRecord, StoredManifest[]>()
  const get = (digest: string): Read => {
    const before = known.get(digest)
    if (before) return before
    // It may come later.
    if (!blobs.has(digest)) return {}
    const found = read(blobs, digest)
    known.set(digest, found)
    return found
  }
  const documents: Documents = {
    index: digest => (digest === undefined ? undefined : get(digest).index),
    manifest: digest => get(digest).manifest,
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

/** What a blob is; neither of both, mostly. */
interface Read {
  index?: StoredIndex
  manifest?: StoredManifest
}

function read(blobs: Blobs, digest: string): Read {
  if (blobs.size(digest) > largestManifest) return {}
  // Layers are not read for this.
  if (headOf(blobs.path(digest), 1).toString() !== '{') return {}
  const text = blobs.readText(digest)
  try {
    const { mediaType, manifests, config, layers } = checkDocument(JSON.parse(text), digest)
    if (manifests) {
      const listed = new Set(manifests.map(entry => entry.digest))
      return { index: { mediaType: mediaType ?? mediaTypes.index, text, digest, manifests, listed } }
    }
    if (!config || !layers) return {}
    return { manifest: { mediaType: mediaType ?? mediaTypes.manifest, text, digest, config, layers } }
  } catch (error) {
    if (error instanceof ComposeError || error instanceof SyntaxError) return {}
    throw error
  }
}
