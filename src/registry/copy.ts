// An image with all of its platforms from one repository to another, as it is: manifests by their digests, blobs as they
// come through.
import { type Descriptor, mediaTypes, type RegistryDocument } from './manifest.ts'
import type { Registry } from './registry.ts'

export interface CopyOptions {
  from: Registry
  to: Registry
  /** Tag or digest. */
  wanted: string
  /** The repository it comes from, where both are of one registry: blobs are mounted then. */
  sameRegistry: string | undefined
  signal?: AbortSignal | undefined
}

/** The descriptor of what was copied. */
export async function copyImage({ from, to, wanted, sameRegistry, signal }: CopyOptions): Promise<Descriptor> {
  const { text, digest, mediaType: named } = await from.document(wanted, signal)
  const document = JSON.parse(text) as RegistryDocument // what has another shape fails where it is used
  const { manifests, config, layers = [], mediaType = named ?? mediaTypes.manifest } = document
  for (const child of manifests ?? []) await copyImage({ from, to, wanted: child.digest, sameRegistry, signal })
  for (const blob of [...(config ? [config] : []), ...layers]) await copyBlob(blob)
  await to.putManifest(digest, { text, mediaType }, signal)
  return { mediaType, digest, size: Buffer.byteLength(text) }

  async function copyBlob({ digest: blob, size }: Descriptor): Promise<void> {
    // A piece that has to be sent again is fetched again, from its beginning.
    const read = async function* (start: number, end: number) {
      let at = 0
      for await (const chunk of from.blob({ digest: blob, size }, signal)) {
        const piece = chunk.subarray(Math.min(chunk.length, Math.max(0, start - at)), Math.max(0, end - at))
        at += chunk.length
        if (piece.length > 0) yield piece
        if (at >= end) return
      }
    }
    await to.putBlob({ digest: blob, size, read }, { from: sameRegistry, signal })
  }
}
