// From a reference to the manifest of one platform, through an index where there is one.
import type { Manifest, RegistryDocument } from '../../registry/manifest.ts'
import { choosePlatform, formatPlatform, type Platform } from '../../registry/platform.ts'
import type { Registry } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Reference } from '../../shared/image-reference.ts'

export interface PlatformManifest {
  manifest: Manifest
  text: string
  /** By which the registry knows what was asked for: the index's, where there is one. */
  digest: string
}

export async function platformManifest(
  registry: Registry,
  { repository, tag, digest: wanted }: Reference,
  platform: Platform,
  signal: AbortSignal,
): Promise<PlatformManifest> {
  const { text, digest } = await registry.document(wanted ?? tag ?? 'latest', signal)
  const document = parse(text, repository)
  if (!document.manifests) return { manifest: asManifest(document, repository), text, digest }
  const chosen = choosePlatform(document.manifests, platform)
  if (!chosen) {
    throw new ComposeError(
      'not_found',
      `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
    )
  }
  const own = await registry.document(chosen.digest, signal)
  return { manifest: asManifest(parse(own.text, repository), repository), text: own.text, digest }
}

function parse(text: string, repository: string): RegistryDocument {
  try {
    const document: unknown = JSON.parse(text)
    // Its members are checked where they are used.
    if (typeof document === 'object' && document !== null) return document as RegistryDocument
  } catch {
    // Told below.
  }
  throw new ComposeError('invalid_argument', `${repository}: the registry sent a manifest that is not a JSON object`)
}

function asManifest({ schemaVersion, mediaType, config, layers }: RegistryDocument, repository: string): Manifest {
  if (schemaVersion === 2 && config && Array.isArray(layers))
    return { ...(mediaType ? { mediaType } : {}), config, layers }
  throw new ComposeError(
    'not_implemented',
    `${repository}: the registry offers a manifest of an unknown kind (${mediaType ?? 'no media type'})`,
  )
}
