// A build's steps as an image in a registry (cache_to: type=registry), for cache_from elsewhere: of those that the result
// has, or of all stages (mode=max).
import { createReadStream } from 'node:fs'
import { createGzip } from 'node:zlib'
import type { Descriptor } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { digestOf, openRegistry } from '../../registry/registry.ts'
import { parseReference } from '../../shared/image-reference.ts'
import { compressionOf, layerType } from '../images/compression.ts'
import type { Images } from '../images/images.ts'
import type { Lease } from '../images/leases.ts'
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

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const configType = 'application/vnd.oci.image.config.v1+json'

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
      await registry.putBlob(sourceOf(blob), { signal })
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
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, digest: digestOf(config), size: Buffer.byteLength(config) },
      layers: sent,
    })
    await registry.putManifest(reference.tag ?? 'latest', { text, mediaType: manifestType }, signal)
  } finally {
    registry.close()
    // They were made to be sent.
    images.collect({ layers: [], blobs: compressed })
  }

  async function compressedBlob({ diffId, blob = diffId }: CachedLayer): Promise<Descriptor> {
    const { blobs } = images
    let digest = blob
    if (compressionOf(blobs.path(blob)) === 'none') {
      const source = createReadStream(blobs.path(blob), { highWaterMark: 1 << 20, signal })
      const gzip = createGzip({ chunkSize: 1 << 18 })
      source.on('error', error => gzip.destroy(error))
      digest = (await blobs.put(source.pipe(gzip), {})).digest
      lease.hold({ blobs: [digest] })
      compressed.push(digest)
    }
    return { mediaType: layerType(compressionOf(blobs.path(digest))), digest, size: blobs.size(digest) }
  }

  function sourceOf({ digest, size }: Descriptor) {
    const path = images.blobs.path(digest)
    return {
      digest,
      size,
      read: (start: number, end: number) => createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 18 }),
    }
  }
}
