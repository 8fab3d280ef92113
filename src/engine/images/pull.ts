// Pull: what the registry has and the store has not. Layers are fetched side by side and unpacked one on the other
// as they arrive; the image has a name only when everything of it is there.
import type { CreateImageInfo } from '../../docker/protocol/types.ts'
import type { Credentials } from '../../registry/credentials.ts'
import type { Descriptor, Manifest } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { digestOf, openRegistry } from '../../registry/registry.ts'
import { untilWhole } from '../../registry/retry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, type Reference } from '../../shared/image-reference.ts'
import { createTurns } from '../../shared/turns.ts'
import type { Blobs } from './blobs.ts'
import { checkConfig } from './check-manifest.ts'
import type { Images } from './images.ts'
import { chainIds } from './layers.ts'
import { platformManifest } from './platform-manifest.ts'
import type { ImageDocument, ImageRecord } from './record.ts'

export interface PullOptions {
  reference: Reference
  platform: Platform
  credentials: Credentials | undefined
  signal: AbortSignal
}

export type PullMessage = CreateImageInfo & { id?: string | undefined }
type Report = (message: PullMessage) => void

const fetchesAtOnce = 3

/** Returns after the registry has answered; `finish` is to be called then, and brings the image. */
export async function beginPull(
  images: Images,
  { reference, platform, credentials, signal: outer }: PullOptions,
): Promise<{ finish: (report: Report) => Promise<ImageRecord> }> {
  const registry = openRegistry(reference, { credentials })
  const { manifest, text, digest } = await platformManifest(registry, reference, platform, outer).catch(error => {
    registry.close()
    throw error
  })
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  return { finish: report => fetchAll(report).finally(registry.close) }

  async function fetchAll(report: Report): Promise<ImageRecord> {
    const { blobs } = images
    using lease = images.lease()
    lease.hold({
      blobs: [manifest.config.digest, digest, digestOf(text), ...manifest.layers.map(layer => layer.digest)],
    })
    const tag = reference.tag ?? reference.digest ?? 'latest'
    report({
      status: `Pulling from ${reference.registry === 'docker.io' ? reference.repository : familiarName(reference)}`,
      id: tag,
    })
    await fetchBlob(manifest.config)
    const document = readConfig(blobs, manifest, reference.repository)
    const { diff_ids: diffIds } = document.rootfs
    const chain = chainIds(diffIds)
    lease.hold({ layers: chain })
    await bringLayers(diffIds, chain, report)
    const manifestDigest = blobs.putText(text)
    const record = images.add(manifest.config.digest, [manifestDigest, ...manifest.layers.map(layer => layer.digest)])
    const name = familiarName(reference)
    const before =
      reference.tag || !reference.digest
        ? images.find(`${name}:${reference.tag ?? 'latest'}`)
        : images.find(`${name}@${digest}`)
    if (reference.tag || !reference.digest) images.tag(record, `${name}:${reference.tag ?? 'latest'}`)
    images.addDigest(record, name, digest)
    report({ status: `Digest: ${digest}` })
    const shown = reference.digest ? `${name}@${reference.digest}` : `${name}:${tag}`
    images.tell('pull', shown, name)
    report({
      status:
        before?.id === record.id
          ? `Status: Image is up to date for ${shown}`
          : `Status: Downloaded newer image for ${shown}`,
    })
    return record
  }

  /** Fetched side by side, and unpacked one on the other as they arrive. */
  async function bringLayers(diffIds: readonly string[], chain: readonly string[], report: Report): Promise<void> {
    const { blobs, layers } = images
    // Of an image that is here as a whole no layer is told.
    const isKnown =
      images.find(manifest.config.digest) !== undefined && manifest.layers.every(layer => blobs.has(layer.digest))
    const turns = createTurns(fetchesAtOnce)
    const fetched = manifest.layers.map((layer, index) => {
      // Without its blob the image could not be pushed or saved as it came.
      const present = layers.has(chain[index] ?? '') && blobs.has(layer.digest)
      if (!isKnown)
        report({ status: present ? 'Already exists' : 'Pulling fs layer', id: shortId(layer), progressDetail: {} })
      return { layer, present, arrival: present ? Promise.resolve() : turns.run(() => fetchLayer(layer, report)) }
    })
    // A failure is met when it is this layer's turn to be unpacked.
    const settled = Promise.allSettled(fetched.map(({ arrival }) => arrival))
    try {
      for (const [index, { layer, present, arrival }] of fetched.entries()) {
        if (present) continue
        await arrival
        signal.throwIfAborted()
        report({ status: 'Extracting', id: shortId(layer), progressDetail: { current: layer.size, total: layer.size } })
        await layers.unpack(blobs.path(layer.digest), diffIds[index] ?? '', diffIds.slice(0, index))
        report({ status: 'Pull complete', id: shortId(layer), progressDetail: {} })
      }
    } catch (error) {
      // Nothing arrives any more when the lease has gone.
      stop.abort(error)
      await settled
      throw error
    }
  }

  async function fetchLayer(layer: Descriptor, report: Report): Promise<void> {
    let shown = 0
    await fetchBlob(layer, current => {
      const now = Date.now()
      if (now - shown < 100) return
      shown = now
      report({ status: 'Downloading', id: shortId(layer), progressDetail: { current, total: layer.size } })
    })
    report({ status: 'Download complete', id: shortId(layer), progressDetail: {} })
  }

  /** Pulls that need the same blob fetch it once. */
  function fetchBlob(wanted: Descriptor, onBytes?: (count: number) => void): Promise<void> {
    const { blobs } = images
    return blobs.exclusively(wanted.digest, () =>
      untilWhole(signal, async () => {
        if (!blobs.has(wanted.digest)) await blobs.put(registry.blob(wanted, signal), wanted, onBytes)
      }),
    )
  }
}

function readConfig(blobs: Blobs, manifest: Manifest, repository: string): ImageDocument {
  const count = manifest.layers.length
  try {
    return checkConfig(blobs.readJson(manifest.config.digest), repository, count)
  } catch (error) {
    if (error instanceof ComposeError) throw error
    const { mediaType } = manifest.config
    throw new ComposeError('invalid_argument', `${repository}: the configuration (${mediaType}) is not JSON`, {
      cause: error,
    })
  }
}

const shortId = ({ digest }: Descriptor) => digest.replace('sha256:', '').slice(0, 12)
