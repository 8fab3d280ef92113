// From a reference to the manifest of one platform, through an index where there is one.
import { attestedBy, type Descriptor, type Manifest, type RegistryDocument } from '../../registry/manifest.ts'
import { choosePlatform, formatPlatform, type Platform } from '../../registry/platform.ts'
import type { Registry } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Reference } from '../../shared/image-reference.ts'
import { checkDocument, checkManifest } from './check-manifest.ts'

export interface PlatformManifest {
  manifest: Manifest
  text: string
  digest: string
  index: ChosenFrom | undefined
}

/** The index by which the registry knows what was asked for. */
export interface ChosenFrom {
  text: string
  digest: string
  /** Of its entries those that tell something about the chosen one. */
  attestations: Descriptor[]
}

export async function platformManifest(
  registry: Registry,
  { repository, tag, digest: wanted }: Reference,
  platform: Platform,
  signal: AbortSignal,
): Promise<PlatformManifest> {
  const { text, digest } = await registry.document(wanted ?? tag ?? 'latest', signal)
  const document = parseDocument(text, repository)
  if (!document.manifests) return { manifest: checkManifest(document, repository), text, digest, index: undefined }
  const chosen = choosePlatform(document.manifests, platform)
  if (!chosen) {
    throw new ComposeError(
      'not_found',
      `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
    )
  }
  const attestations = document.manifests.filter(descriptor => attestedBy(descriptor) === chosen.digest)
  const own = await registry.document(chosen.digest, signal)
  const manifest = checkManifest(parseDocument(own.text, repository), repository)
  return { manifest, text: own.text, digest: own.digest, index: { text, digest, attestations } }
}

/** Of a registry's answer what is read is checked. */
export function parseDocument(text: string, repository: string): RegistryDocument {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new ComposeError('invalid_argument', `${repository}: the registry sent a manifest that is not JSON`, {
      cause,
    })
  }
  return checkDocument(document, repository)
}
