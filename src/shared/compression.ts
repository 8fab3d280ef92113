// What bytes are compressed by, told by the first of them: names and media types are not always right.
import { closeSync, openSync, readSync } from 'node:fs'
import { PassThrough, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

/** Of layers. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** `head`: four bytes are enough. */
export function compressionIn(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none'
}

export const compressionOf = (path: string): Compression => compressionIn(headOf(path, 4))

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

export function decompressor(compression: Compression): Transform {
  if (compression === 'none') return new PassThrough({ highWaterMark: 1 << 20 })
  const options = { chunkSize: 1 << 18 }
  return compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
}
