// An image as a registry or an archive has it: its manifest, and the blobs that it names. What came from a registry is
// given as it came, byte for byte; for what was made here a manifest is written.
import { type Descriptor, manifestText, mediaTypes } from '../../registry/manifest.ts'
import { digestOf } from '../../registry/registry.ts'
import { compressionOf } from '../../shared/compression.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { StoredIndex, StoredManifest } from './documents.ts'
import type { Images } from './images.ts'
import { compressBlob, layerDescriptor } from './layer-blobs.ts'
import type { ImageRecord } from './record.ts'

/** The manifest with which the image came last, where all that it names is here. */
export const storedManifest = ({ blobs, documents }: Images, record: ImageRecord): StoredManifest | undefined =>
  documents.manifestsOf(record).find(({ layers }) => layers.every(layer => blobs.has(layer.digest)))

export interface ContentOptions {
  /** Layers that are plain archives are compressed, and kept so. */
  compress: boolean
}

/** As the index lists it, where it does. Throws failed_precondition where a layer's blob is not here any more. */
export async function contentIn(
  images: Images,
  index: StoredIndex | undefined,
  record: ImageRecord,
  options: ContentOptions,
): Promise<StoredManifest> {
  const listed = index && images.entriesOf(index).find(entry => entry.record?.id === record.id)?.manifest
  return listed ?? storedManifest(images, record) ?? (await madeManifest(images, record, options))
}

async function madeManifest(
  images: Images,
  record: ImageRecord,
  { compress }: ContentOptions,
): Promise<StoredManifest> {
  const { blobs, documents } = images
  const byDiffId = new Map<string, string[]>()
  for (const blob of record.blobs) {
    if (!blobs.has(blob) || documents.manifest(blob)) continue
    const diffId = record.diffIds.includes(blob) ? blob : await images.diffIdOf(blob)
    byDiffId.set(diffId, [...(byDiffId.get(diffId) ?? []), blob])
  }
  const layers: Descriptor[] = []
  for (const diffId of record.diffIds) {
    const found = byDiffId.get(diffId) ?? []
    let blob = (compress ? found.find(digest => digest !== diffId) : undefined) ?? found[0]
    if (blob === undefined)
      throw new ComposeError('failed_precondition', `the content of layer ${diffId} is not here any more`, {
        hint: 'pull the image again',
      })
    if (compress && compressionOf(blobs.path(blob)) === 'none') {
      blob = await compressBlob(blobs, blob)
      images.add(record.id, [blob])
      byDiffId.set(diffId, [blob, ...found])
    }
    layers.push(layerDescriptor(blobs, blob))
  }
  const config = { mediaType: mediaTypes.config, digest: record.id, size: blobs.size(record.id) }
  const text = manifestText(config, layers)
  return { mediaType: mediaTypes.manifest, config, layers, text, digest: digestOf(text) }
}
