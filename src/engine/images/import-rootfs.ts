// A root file system as an image of one layer (import).
import type { ImageConfig } from '../../docker/protocol/types.ts'
import type { Platform } from '../../registry/platform.ts'
import { applyChanges } from './changes.ts'
import { decompressed } from './decompressed.ts'
import type { Images } from './images.ts'
import type { ImageDocument, ImageRecord } from './record.ts'

/** A root file system's tar, plain or compressed, as an image. */
export async function importRootfs(
  images: Images,
  body: AsyncIterable<Uint8Array>,
  options: { message: string; changes: readonly string[]; platform: Platform },
): Promise<ImageRecord> {
  const plain = await decompressed(body)
  using lease = images.lease()
  const { digest } = await images.blobs.put(plain, {})
  lease.hold({ blobs: [digest], layers: [digest] })
  await images.layers.unpack(images.blobs.path(digest), digest, [])
  const { os, architecture, variant } = options.platform
  const created = new Date().toISOString()
  const config: ImageConfig = applyChanges({}, options.changes)
  const document: ImageDocument = {
    created,
    architecture,
    os,
    ...(variant ? { variant } : {}),
    config,
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created, comment: options.message || 'Imported from -' }],
  }
  const configDigest = images.blobs.putText(JSON.stringify(document))
  const record = images.add(configDigest, [digest])
  images.tell('import', record.id, record.id)
  return record
}
