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

/** What BuildKit says of an image beside it (provenance, SBOM): the digest of the manifest that it is about. */
export const attestedBy = ({ annotations }: Descriptor): string | undefined =>
  annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
    ? (annotations['vnd.docker.reference.digest'] ?? '')
    : undefined

/** An entry of an index that a container could be made of. */
export const isImage = ({ annotations, platform }: Descriptor): boolean =>
  annotations?.['vnd.docker.reference.type'] === undefined && platform?.os !== 'unknown'

/** OCI's, for what is written here. A layer's goes on with how it is compressed. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

/** A manifest of an image that was made here. */
export const manifestText = (config: Omit<Descriptor, 'mediaType'>, layers: readonly Descriptor[]): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers,
  })

/** All kinds, in the order of preference; the registry converts nothing. */
export const manifestTypes = [
  mediaTypes.index,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  mediaTypes.manifest,
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
