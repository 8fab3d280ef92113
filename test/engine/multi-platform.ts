// An image for several platforms in a registry, as BuildKit leaves one: an index of manifests, each with a manifest that
// attests where it came from.
import { gzipSync } from 'node:zlib'
import { type Descriptor, manifestText, mediaTypes } from '../../src/registry/manifest.ts'
import { parsePlatform } from '../../src/registry/platform.ts'
import { digestOf, openRegistry } from '../../src/registry/registry.ts'
import { parseReference } from '../../src/shared/image-reference.ts'
import { tarOf } from './archives.ts'

export interface PushedIndex {
  digest: string
  /** By platform. */
  manifests: Record<string, string>
  attestations: Record<string, string>
}

/** Each platform has one layer, with a file /platform that names it. `variants`: configurations tell theirs. */
export async function pushIndex(
  name: string,
  platforms: readonly string[],
  { attested = true, variants = true } = {},
): Promise<PushedIndex> {
  const reference = parseReference(name)
  const registry = openRegistry(reference, { action: 'push' })
  const pushed: PushedIndex = { digest: '', manifests: {}, attestations: {} }
  const entries: Descriptor[] = []
  const beside: Descriptor[] = []
  for (const platform of platforms) {
    const layer = tarOf([{ name: 'platform', body: `${name} ${platform}` }])
    const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] }
    const { variant, ...told } = parsePlatform(platform)
    const config = JSON.stringify({ ...told, ...(variants ? { variant } : {}), config: { Cmd: ['/none'] }, rootfs })
    const manifest = await put(config, [{ mediaType: `${mediaTypes.layer}+gzip`, content: gzipSync(layer) }])
    entries.push({ ...manifest, platform: parsePlatform(platform) })
    pushed.manifests[platform] = manifest.digest
    if (!attested) continue
    const statement = { mediaType: 'application/vnd.in-toto+json', content: Buffer.from(`{"subject":"${platform}"}`) }
    const attestation = await put(JSON.stringify({ ...unknown, rootfs: { type: 'layers', diff_ids: [] } }), [statement])
    pushed.attestations[platform] = attestation.digest
    beside.push({
      ...attestation,
      platform: unknown,
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': manifest.digest,
      },
    })
  }
  const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...entries, ...beside] })
  await registry.putManifest(reference.tag ?? 'latest', { text, mediaType: mediaTypes.index })
  registry.close()
  return { ...pushed, digest: digestOf(text) }

  async function put(config: string, contents: { mediaType: string; content: Buffer }[]): Promise<Descriptor> {
    const layers: Descriptor[] = []
    for (const { mediaType, content } of contents) {
      const digest = digestOf(content)
      const read = async function* (start: number, end: number) {
        yield content.subarray(start, end)
      }
      await registry.putBlob({ digest, size: content.length, read })
      layers.push({ mediaType, digest, size: content.length })
    }
    await registry.putText(config)
    const text = manifestText({ digest: digestOf(config), size: Buffer.byteLength(config) }, layers)
    await registry.putManifest(digestOf(text), { text, mediaType: mediaTypes.manifest })
    return { mediaType: mediaTypes.manifest, digest: digestOf(text), size: Buffer.byteLength(text) }
  }
}

const unknown = { os: 'unknown', architecture: 'unknown' }
