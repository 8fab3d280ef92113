// An image as a registry or an archive has it: its manifest, and the blobs that it names. What came from a registry is
// given as it came, byte for byte; for what was made here a manifest is written.
import { type Descriptor, type Manifest, manifestText, mediaTypes } from '../../registry/manifest.ts'
import { digestOf } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { compressBlob, compressionOf, layerDescriptor } from './compression.ts'
import type { Images } from './images.ts'
import type { ImageRecord } from './record.ts'

export interface ImageContent extends Manifest {
  text: string
  digest: string
  mediaType: string
}

/** A blob that is larger is no manifest. */
const largestManifest = 4 * 1024 * 1024

/** By record, which is another one whenever its blobs are. */
const found = new WeakMap<ImageRecord, ImageContent>()

/** The manifest with which the image came last, where all that it names is here. */
export function storedManifest({ blobs }: Images, record: ImageRecord): ImageContent | undefined {
  const known = found.get(record)
  if (known) return known
  for (const digest of record.blobs.toReversed()) {
    if (!blobs.has(digest) || blobs.size(digest) > largestManifest) continue
    const content = asManifest(blobs.readText(digest))
    const isOwn = content?.config.digest === record.id && content.layers.every(layer => blobs.has(layer.digest))
    if (!content || !isOwn) continue
    const whole = { ...content, digest }
    found.set(record, whole)
    return whole
  }
  return undefined
}

/** Undefined for what is none; what has its outlines was checked when it was taken in. */
function asManifest(text: string): Omit<ImageContent, 'digest'> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { config, layers, mediaType = mediaTypes.manifest } = JSON.parse(text) as Partial<Manifest>
    return config && layers ? { config, layers, mediaType, text } : undefined
  } catch {
    return undefined
  }
}

export interface ContentOptions {
  /** Layers that are plain archives are compressed, and kept so. */
  compress: boolean
}

/** Throws failed_precondition where a layer's blob is not here any more. */
export async function contentOf(images: Images, record: ImageRecord, options: ContentOptions): Promise<ImageContent> {
  return storedManifest(images, record) ?? (await madeManifest(images, record, options))
}

async function madeManifest(images: Images, record: ImageRecord, { compress }: ContentOptions): Promise<ImageContent> {
  const { blobs } = images
  const byDiffId = new Map<string, string[]>()
  for (const blob of record.blobs) {
    if (!blobs.has(blob) || asManifest(beginning(images, blob))) continue
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

const beginning = ({ blobs }: Images, blob: string): string =>
  blobs.size(blob) > largestManifest ? '' : blobs.readText(blob)
