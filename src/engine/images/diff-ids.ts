// Which layer a blob is: the digest of what it unpacks to (image-spec, config.md). Kept, since finding out reads all.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { compressionOf, decompressor } from '../../shared/compression.ts'
import type { Database } from '../store/database.ts'
import type { Blobs } from './blobs.ts'

export interface DiffIds {
  of(blob: string): Promise<string>
  forget(blob: string): void
}

export function createDiffIds(database: Database, blobs: Blobs): DiffIds {
  const known = database.collection<{ diffId: string }>('layers')
  return {
    async of(blob) {
      const { diffId } = known.get(blob) ?? { diffId: await uncompressedDigest(blobs.path(blob)) }
      if (!known.get(blob)) known.put(blob, { diffId })
      return diffId
    },
    forget(blob) {
      if (known.get(blob)) known.drop(blob)
    },
  }
}

async function uncompressedDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), decompressor(compressionOf(path)), hash)
  return `sha256:${hash.digest('hex')}`
}
