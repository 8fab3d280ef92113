// Pull: what the registry has and the store has not. Layers are fetched side by side and unpacked one on the other
// as they arrive; the image has a name only when everything of it is there. An index stays the name's, with what it
// says of the image; its other platforms come when they are asked for.
import type { CreateImageInfo } from '../../docker/protocol/types.ts'
import type { Credentials } from '../../registry/credentials.ts'
import type { Descriptor, Manifest } from '../../registry/manifest.ts'
import { choosePlatform, formatPlatform, normalizePlatform, type Platform } from '../../registry/platform.ts'
import { openRegistry } from '../../registry/registry.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, type Reference } from '../../shared/image-reference.ts'
import { createTurns } from '../../shared/turns.ts'
import type { Blobs } from './blobs.ts'
import { checkConfig, checkManifest } from './check-manifest.ts'
import { fetchBlob } from './fetch-blob.ts'
import type { Images } from './images.ts'
import { chainIds } from './layers.ts'
import type { Lease } from './leases.ts'
import { parseDocument, platformManifest } from './platform-manifest.ts'
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
  const { manifest, text, digest, index } = await platformManifest(registry, reference, platform, outer).catch(
    error => {
      registry.close()
      throw error
    },
  )
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  return { finish: report => fetchAll(report).finally(registry.close) }

  async function fetchAll(report: Report): Promise<ImageRecord> {
    const { blobs } = images
    using lease = images.lease()
    lease.hold({ blobs: [digest, ...contentOf(manifest)] })
    if (index) lease.hold({ blobs: [index.digest, ...index.attestations.map(attestation => attestation.digest)] })
    const tag = reference.tag ?? reference.digest ?? 'latest'
    report({
      status: `Pulling from ${reference.registry === 'docker.io' ? reference.repository : familiarName(reference)}`,
      id: tag,
    })
    await fetch(manifest.config)
    const document = readConfig(blobs, manifest, reference.repository)
    // Only an index has a choice. Docker Engine takes what there is, too.
    if (!index && !choosePlatform([{ platform: document }], platform))
      report({ status: `Warning: ${otherPlatform(document)}` })
    const { diff_ids: diffIds } = document.rootfs
    const chain = chainIds(diffIds)
    lease.hold({ layers: chain })
    await bringLayers(diffIds, chain, report)
    for (const attestation of index?.attestations ?? []) await fetchAttestation(lease, attestation)
    if (index) blobs.putText(index.text)
    const named = index?.digest ?? digest
    const name = familiarName(reference)
    const key =
      reference.tag || !reference.digest ? `${name}:${reference.tag ?? 'latest'}` : `${name}@${reference.digest}`
    const before = images.find(key, platform) ?? images.find(key)
    const record = images.add(manifest.config.digest, [
      ...manifest.layers.map(layer => layer.digest),
      blobs.putText(text),
    ])
    if (reference.tag || !reference.digest) images.tag(record, key, index?.digest)
    images.addDigest(record, name, named)
    report({ status: `Digest: ${named}` })
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

  function otherPlatform(own: Platform): string {
    const [has, wanted] = [own, platform].map(one => formatPlatform(normalizePlatform(one)))
    return `the image's platform (${has}) does not match the specified platform (${wanted})`
  }

  /** What is said about the image goes with it; where the registry has none that can be read the image is as good. */
  async function fetchAttestation(lease: Lease, { digest: wanted }: Descriptor): Promise<void> {
    try {
      const told = images.documents.manifest(wanted)?.text ?? (await registry.document(wanted, signal)).text
      const attestation = checkManifest(parseDocument(told, reference.repository), reference.repository)
      lease.hold({ blobs: contentOf(attestation) })
      for (const blob of [attestation.config, ...attestation.layers]) await fetch(blob)
      images.blobs.putText(told)
    } catch (error) {
      const isUseless =
        error instanceof ComposeError && ['not_found', 'invalid_argument', 'not_implemented'].includes(error.code)
      if (!isUseless) throw error
    }
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
    await fetch(layer, current => {
      const now = Date.now()
      if (now - shown < 100) return
      shown = now
      report({ status: 'Downloading', id: shortId(layer), progressDetail: { current, total: layer.size } })
    })
    report({ status: 'Download complete', id: shortId(layer), progressDetail: {} })
  }

  function fetch(wanted: Descriptor, onBytes: (count: number) => void = () => {}): Promise<void> {
    return fetchBlob(images.blobs, registry, wanted, { signal, onBytes })
  }
}

const contentOf = ({ config, layers }: Manifest): string[] => [config, ...layers].map(({ digest }) => digest)

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
