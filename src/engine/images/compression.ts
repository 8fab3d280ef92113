// How a layer's blob is compressed, by its first bytes: media types are not always right.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { createGzip } from 'node:zlib'
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts'
import type { Blobs } from './blobs.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export function compressionOf(path: string): Compression {
  const head = headOf(path, 4)
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head.length === 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none'
}

/** The first bytes of a file, fewer where it has fewer. */
export function headOf(path: string, size: number): Buffer {
  const head = Buffer.alloc(size)
  const fd = openSync(path, 'r')
  try {
    return head.subarray(0, readSync(fd, head, 0, size, 0))
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
