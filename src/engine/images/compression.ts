// How a layer's blob is compressed, by its first bytes: media types are not always right.
import { closeSync, openSync, readSync } from 'node:fs'

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

const suffixes: Record<Compression, string> = { none: '', gzip: '+gzip', zstd: '+zstd' }

/** OCI's media type of a layer. */
export const layerType = (compression: Compression): string =>
  `application/vnd.oci.image.layer.v1.tar${suffixes[compression]}`
