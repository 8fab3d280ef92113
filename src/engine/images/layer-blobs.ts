// Blobs of layers: compressed to be sent, and as a manifest names them.
import { createReadStream } from 'node:fs'
import { createGzip } from 'node:zlib'
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts'
import { type Compression, compressionOf } from '../../shared/compression.ts'
import type { Blobs } from './blobs.ts'

/** Stores a plain blob compressed too; returns the other one's digest. */
export async function compressBlob(blobs: Blobs, plain: string): Promise<string> {
  const source = createReadStream(blobs.path(plain), { highWaterMark: 1 << 20 })
  const gzip = createGzip({ chunkSize: 1 << 18 })
  source.on('error', error => gzip.destroy(error))
  return (await blobs.put(source.pipe(gzip), {})).digest
}

const suffixes: Record<Compression, string> = { none: '', gzip: '+gzip', zstd: '+zstd' }

export function layerDescriptor(blobs: Blobs, digest: string): Descriptor {
  const compression = compressionOf(blobs.path(digest))
  return { mediaType: `${mediaTypes.layer}${suffixes[compression]}`, digest, size: blobs.size(digest) }
}
