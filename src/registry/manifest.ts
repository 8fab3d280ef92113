// The documents that a registry has: manifests and indexes of them (image-spec, manifest.md and image-index.md).
import type { Platform } from './platform.ts'

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: Platform
  artifactType?: string
  annotations?: Record<string, string>
}

/** What a registry sends under a tag or a digest: an index has `manifests`, a manifest `config` and `layers`. */
export interface RegistryDocument {
  schemaVersion?: number
  mediaType?: string
  artifactType?: string
  manifests?: Descriptor[]
  config?: Descriptor
  layers?: Descriptor[]
}

export interface Manifest {
  mediaType?: string
  config: Descriptor
  layers: Descriptor[]
}

/** All kinds, in the order of preference; the registry converts nothing. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
