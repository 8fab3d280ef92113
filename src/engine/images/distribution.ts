// What a registry has under a name, without taking it: its descriptor, and the platforms that it is for.
import type { DistributionInspect } from '../../docker/protocol/types.ts'
import type { Credentials } from '../../registry/credentials.ts'
import type { Platform } from '../../registry/platform.ts'
import { openRegistry } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Reference } from '../../shared/image-reference.ts'
import { parseDocument } from './platform-manifest.ts'

export async function distributionOf(
  reference: Reference,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<DistributionInspect> {
  const { repository, tag, digest: wanted } = reference
  const registry = openRegistry(reference, { credentials })
  try {
    const { text, digest, mediaType = '' } = await registry.document(wanted ?? tag ?? 'latest', signal)
    const { manifests, config } = parseDocument(text, repository)
    const Platforms = manifests
      ? manifests.flatMap(({ platform }) => (platform ? [wirePlatform(platform)] : []))
      : config
        ? [wirePlatform(platformOf(await registry.blobText(config.digest, signal), repository))]
        : []
    return { Descriptor: { mediaType, digest, size: Buffer.byteLength(text) }, Platforms }
  } finally {
    registry.close()
  }
}

const wirePlatform = ({ os, architecture, variant }: Platform) => ({
  os,
  architecture,
  ...(variant ? { variant } : {}),
})

function platformOf(text: string, repository: string): Platform {
  try {
    const { os = '', architecture = '', variant } = JSON.parse(text) as Partial<Platform> // shown as it is
    return { os, architecture, variant }
  } catch (cause) {
    throw new ComposeError('invalid_argument', `${repository}: the configuration is not JSON`, { cause })
  }
}
