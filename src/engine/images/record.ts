// What the engine keeps of an image, and what an image's configuration says.
import type { ImageConfig } from '../../docker/protocol/types.ts'

/** An image's configuration (image-spec, config.md), as far as it is used here. */
export interface ImageDocument {
  architecture: string
  os: string
  variant?: string
  created?: string
  author?: string
  config?: ImageConfig
  rootfs: { type: string; diff_ids: string[] }
  history?: {
    created?: string
    created_by?: string
    author?: string
    comment?: string
    empty_layer?: boolean
  }[]
  /** What an image was built of, for builds elsewhere (engine/build/cache-image.ts). */
  'dev.tsc-compose.build-cache'?: unknown
}

export interface ImageRecord {
  /** The digest of the configuration. */
  id: string
  diffIds: string[]
  stored: string
  /** Blobs of this image besides its configuration: layers, manifest. */
  blobs: string[]
}
