// Pull: what the registry has and the store has not. Layers are fetched side by side and unpacked one on the other
// as they arrive; the image has a name only when everything of it is there.
import type { CreateImageInfo } from '../../docker/protocol/types.ts'
import type { Credentials } from '../../registry/credentials.ts'
import type { Descriptor } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { digestOf, openRegistry } from '../../registry/registry.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { familiarName, type Reference } from '../../shared/image-reference.ts'
import { createTurns } from '../../shared/turns.ts'
import type { ImageDocument, ImageRecord, Images } from './images.ts'
import { chainIds } from './layers.ts'
import { platformManifest } from './platform-manifest.ts'

export interface PullOptions {
  reference: Reference
  platform: Platform
  credentials: Credentials | undefined
  report: (message: CreateImageInfo & { id?: string | undefined }) => void
  signal: AbortSignal
}

const fetchesAtOnce = 3

/** Returns after the registry has answered; `done` resolves when the image is there. */
export async function beginPull(
  images: Images,
  { reference, platform, credentials, report, signal }: PullOptions,
): Promise<{ done: Promise<ImageRecord> }> {
  const registry = openRegistry(reference, { credentials })
  const { manifest, text, digest } = await platformManifest(registry, reference, platform, signal)
  return { done: fetchAll() }

  async function fetchAll(): Promise<ImageRecord> {
    const { blobs, layers } = images
    using lease = images.lease()
    lease.hold({
      blobs: [manifest.config.digest, digest, digestOf(text), ...manifest.layers.map(layer => layer.digest)],
    })
    const tag = reference.tag ?? reference.digest ?? 'latest'
    report({
      status: `Pulling from ${reference.registry === 'docker.io' ? reference.repository : familiarName(reference)}`,
      id: tag,
    })
    if (!blobs.has(manifest.config.digest))
      await blobs.put(await registry.blob(manifest.config.digest, signal), manifest.config)
    const document = blobs.readJson<ImageDocument>(manifest.config.digest)
    const { diff_ids: diffIds } = document.rootfs
    if (diffIds.length !== manifest.layers.length) {
      throw new ComposeError(
        'invalid_argument',
        `${reference.repository}: manifest and configuration disagree on the number of layers`,
      )
    }
    const known = images.find(manifest.config.digest)
    const turns = createTurns(fetchesAtOnce)
    const chain = chainIds(diffIds)
    lease.hold({ layers: chain })
    const fetched = manifest.layers.map((layer, index) => {
      const present = layers.has(chain[index] ?? '')
      report({ status: present ? 'Already exists' : 'Pulling fs layer', id: shortId(layer), progressDetail: {} })
      const arrival = present ? Promise.resolve() : turns.run(() => fetchLayer(layer))
      // A failure is met when it is this layer's turn to be unpacked.
      arrival.catch(() => {})
      return { layer, present, arrival }
    })
    let size = known?.size ?? 0
    for (const [index, { layer, present, arrival }] of fetched.entries()) {
      if (present) continue
      await arrival
      signal.throwIfAborted()
      report({ status: 'Extracting', id: shortId(layer), progressDetail: { current: layer.size, total: layer.size } })
      size += await layers.unpack(blobs.path(layer.digest), diffIds[index] ?? '', diffIds.slice(0, index))
      report({ status: 'Pull complete', id: shortId(layer), progressDetail: {} })
    }
    const manifestDigest = blobs.putText(text)
    const record = images.add(
      manifest.config.digest,
      [manifestDigest, ...manifest.layers.map(layer => layer.digest)],
      size,
    )
    const name = familiarName(reference)
    const before =
      reference.tag || !reference.digest
        ? images.find(`${name}:${reference.tag ?? 'latest'}`)
        : images.find(`${name}@${digest}`)
    if (reference.tag || !reference.digest) images.tag(record, `${name}:${reference.tag ?? 'latest'}`)
    images.addDigest(record, name, digest)
    report({ status: `Digest: ${digest}` })
    const shown = reference.digest ? `${name}@${reference.digest}` : `${name}:${tag}`
    report({
      status:
        before?.id === record.id
          ? `Status: Image is up to date for ${shown}`
          : `Status: Downloaded newer image for ${shown}`,
    })
    return record
  }

  async function fetchLayer(layer: Descriptor): Promise<void> {
    if (images.blobs.has(layer.digest)) return
    let shown = 0
    await images.blobs.put(await registry.blob(layer.digest, signal), layer, current => {
      const now = Date.now()
      if (now - shown < 100) return
      shown = now
      report({ status: 'Downloading', id: shortId(layer), progressDetail: { current, total: layer.size } })
    })
    report({ status: 'Download complete', id: shortId(layer), progressDetail: {} })
  }
}

/** What an error in the middle of a stream looks like to Docker's clients. */
export const streamError = (error: unknown) => ({ errorDetail: { message: messageOf(error) }, error: messageOf(error) })

const shortId = ({ digest }: Descriptor) => digest.replace('sha256:', '').slice(0, 12)
