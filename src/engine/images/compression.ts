// How a layer's blob is compressed, by its first bytes: media types are not always right.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { createGzip } from 'node:zlib'
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts'
import type { Blobs } from './blobs.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export function compressionOf(path: string): Compression {
  const fd = openSync(path, 'r')
  try {
    const first = Buffer.alloc(4)
    readSync(fd, first, 0, 4, 0)
    if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
    return first.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none'
  } finally {
    closeSync(fd)
  }
}

/** Stores a plain blob compressed too; returns the other one's digest. */
export async function compressBlob(blobs: Blobs, plain: string): Promise<string> {
  const source = createReadStream(blobs.path(plain), { highWaterMark: 1 << 20 })
  const gzip = createGzip({ chunkSize: 1 << 18 })
  source.on('error', error => gzip.destroy(error))
  return (await blobs.put(source.pipe(gzip), {})).digest
}

const suffixes: Record<Compression, string> = { none: '', gzip: '+gzip', zstd: '+zstd' }

/** A blob as a manifest names it among its layers. */
export function layerDescriptor(blobs: Blobs, digest: string): Descriptor {
  const compression = compressionOf(blobs.path(digest))
  return { mediaType: `${mediaTypes.layer}${suffixes[compression]}`, digest, size: blobs.size(digest) }
}
