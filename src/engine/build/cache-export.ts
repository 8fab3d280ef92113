// A build's steps as an image in a registry (cache_to: type=registry), for cache_from elsewhere: of those that the result
// has, or of all stages (mode=max).
import { type Descriptor, manifestText, mediaTypes } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { digestOf, openRegistry } from '../../registry/registry.ts'
import { compressionOf } from '../../shared/compression.ts'
import { parseReference } from '../../shared/image-reference.ts'
import type { Images } from '../images/images.ts'
import { compressBlob, layerDescriptor } from '../images/layer-blobs.ts'
import type { Lease } from '../images/leases.ts'
import { sourceOf } from '../images/push.ts'
import type { ImageDocument } from '../images/record.ts'
import type { CachedLayer } from './cache.ts'
import { cacheProperty, type MadeStep, tellSteps } from './cache-image.ts'
import type { BuildRequest } from './request.ts'

export interface CacheExport {
  name: string
  made: readonly MadeStep[]
  platform: Platform
  credentials: BuildRequest['credentials']
  images: Images
  lease: Lease
  signal: AbortSignal
}

export async function exportCache(options: CacheExport): Promise<void> {
  const { name, made, platform, credentials, images, lease, signal } = options
  const reference = parseReference(name)
  const registry = openRegistry(reference, { credentials: credentials(reference.registry), action: 'push' })
  const compressed: string[] = []
  try {
    const layers = [...new Map(made.flatMap(({ layer }) => (layer ? [[layer.diffId, layer] as const] : []))).values()]
    const sent: Descriptor[] = []
    for (const layer of layers) {
      const blob = await compressedBlob(layer)
      await registry.putBlob(sourceOf(images.blobs, blob), { signal })
      sent.push(blob)
    }
    const document: ImageDocument = {
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant ? { variant: platform.variant } : {}),
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      [cacheProperty]: tellSteps(made),
    }
    const config = JSON.stringify(document)
    await registry.putText(config, signal)
    const text = manifestText({ digest: digestOf(config), size: Buffer.byteLength(config) }, sent)
    await registry.putManifest(reference.tag ?? 'latest', { text, mediaType: mediaTypes.manifest }, signal)
  } finally {
    registry.close()
    // They were made to be sent.
    images.collect({ layers: [], blobs: compressed })
  }

  async function compressedBlob({ diffId, blob = diffId }: CachedLayer): Promise<Descriptor> {
    const { blobs } = images
    if (compressionOf(blobs.path(blob)) !== 'none') return layerDescriptor(blobs, blob)
    const digest = await compressBlob(blobs, blob)
    lease.hold({ blobs: [digest] })
    compressed.push(digest)
    return layerDescriptor(blobs, digest)
  }
}
