// A blob from a registry into the store: whoever else needs the same waits for it.
import type { Descriptor } from '../../registry/manifest.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Blobs } from './blobs.ts'

export interface FetchOptions {
  signal: AbortSignal
  onBytes?: (count: number) => void
}

export function fetchBlob(
  blobs: Blobs,
  registry: Registry,
  wanted: Descriptor,
  { signal, onBytes }: FetchOptions,
): Promise<void> {
  return blobs.exclusively(wanted.digest, () =>
    registry.whole(wanted.digest, signal, async () => {
      if (blobs.has(wanted.digest)) return
      await blobs.fetch(wanted, start => registry.blob({ ...wanted, start }, signal), onBytes)
    }),
  )
}
