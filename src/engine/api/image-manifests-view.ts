// The manifests of an image as the Engine API shows them: all that its index lists, here or not.
import type { ImageManifestSummary, OCIDescriptor } from '../../docker/protocol/types.ts'
import { attestedBy, type Descriptor } from '../../registry/manifest.ts'
import { storedManifest } from '../images/content.ts'
import { descriptorOf, type StoredIndex, type StoredManifest } from '../images/documents.ts'
import type { Images } from '../images/images.ts'
import type { IndexEntry } from '../images/index-entries.ts'
import { chainIds } from '../images/layers.ts'
import type { ImageRecord } from '../images/record.ts'
import type { UsersOf } from './users-of.ts'

/** Of an image without an index one, or none for what was made here and went nowhere yet. */
export async function manifestsView(
  images: Images,
  usersOf: UsersOf,
  record: ImageRecord,
  index: StoredIndex | undefined,
): Promise<ImageManifestSummary[]> {
  const shown = entriesOf(images, record, index).map(async ({ descriptor, kind, manifest, record: own }) => {
    const packed = manifest ? contentSize(manifest) : 0
    const unpacked = own ? await images.layers.sizeOf(chainIds(own.diffIds)) : 0
    const { os = '', architecture = '', variant } = descriptor.platform ?? (own ? images.platformOf(own) : {})
    return {
      ID: descriptor.digest,
      Descriptor: descriptor,
      Available: manifest !== undefined,
      Size: { Content: packed, Total: packed + unpacked },
      Kind: kind,
      ...(kind === 'image'
        ? {
            ImageData: {
              Platform: { os, architecture, ...(variant ? { variant } : {}) },
              Containers: own ? usersOf(own.id).map(({ id }) => id) : [],
              Size: { Unpacked: unpacked },
            },
          }
        : {}),
      ...(kind === 'attestation' ? { AttestationData: { For: attestedBy(descriptor) ?? '' } } : {}),
    }
  })
  return Promise.all(shown)
}

function entriesOf(images: Images, record: ImageRecord, index: StoredIndex | undefined): IndexEntry[] {
  if (index) return images.entriesOf(index)
  const manifest = storedManifest(images, record)
  if (!manifest) return []
  const descriptor: Descriptor = { ...descriptorOf(manifest), platform: images.platformOf(record) }
  return [{ descriptor, kind: 'image', manifest, record }]
}

/** Of the image with this id; undefined where it has none, or is not here. */
export function manifestDescriptor(images: Images, id: string): OCIDescriptor | undefined {
  const record = images.find(id)
  const [manifest] = record ? images.documents.manifestsOf(record) : []
  return manifest && record && { ...descriptorOf(manifest), platform: images.platformOf(record) }
}

const contentSize = ({ text, config, layers }: StoredManifest): number =>
  [config, ...layers].reduce((sum, { size }) => sum + size, Buffer.byteLength(text))
