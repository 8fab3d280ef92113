// Push: what the image has and the registry has not; the manifest last, so that a name never leads to half an image.

import { createReadStream } from 'node:fs'
import type { Credentials } from '../../registry/credentials.ts'
import type { Descriptor } from '../../registry/manifest.ts'
import { hostPlatform, type Platform } from '../../registry/platform.ts'
import { openRegistry, type Registry } from '../../registry/registry.ts'
import type { Arrival, BlobSource } from '../../registry/upload.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, familiarTag, parseReference, type Reference } from '../../shared/image-reference.ts'
import { shortId } from '../../shared/short-id.ts'
import { createTurns } from '../../shared/turns.ts'
import type { Blobs } from './blobs.ts'
import { contentIn } from './content.ts'
import { descriptorOf, type StoredIndex, type StoredManifest } from './documents.ts'
import type { Images } from './images.ts'
import type { Lease } from './leases.ts'
import type { ImageRecord } from './record.ts'

export interface PushMessage {
  status?: string
  id?: string
  progressDetail?: { current?: number; total?: number }
  aux?: { Tag: string; Digest: string; Size: number } | ManifestPushedInsteadOfIndex
}

/** Docker Engine's note, from which its CLI makes a sentence. */
export interface ManifestPushedInsteadOfIndex {
  manifestPushedInsteadOfIndex: true
  originalIndex: Descriptor
  selectedManifest: Descriptor
}

export interface PushOptions {
  /** With the tag under which it is known here and there. */
  reference: Reference
  /** Undefined: all that the name has. */
  platform: Platform | undefined
  credentials: Credentials | undefined
  report: (message: PushMessage) => void
  signal: AbortSignal
}

const sentAtOnce = 3

export async function pushImage(images: Images, options: PushOptions): Promise<void> {
  const { reference, platform, credentials, report, signal } = options
  const name = familiarTag(reference)
  if (!images.find(name)) throw new ComposeError('not_found', `tag does not exist: ${name}`)
  report({ status: `The push refers to repository [${reference.registry}/${reference.repository}]` })
  using lease = images.lease()
  const { index, manifests, record } = await chosenContent(images, name, platform, lease)
  const registry = openRegistry(reference, { credentials, action: 'push' })
  try {
    const layers = [
      ...new Map(manifests.flatMap(manifest => manifest.layers).map(layer => [layer.digest, layer])).values(),
    ]
    for (const layer of layers) report({ status: 'Preparing', id: shortId(layer.digest), progressDetail: {} })
    await sendLayers(registry, images, options, layers)
    for (const { config } of manifests) await registry.putBlob(sourceOf(images.blobs, config), { signal })
    const whole = index?.whole
    if (whole) for (const manifest of manifests) await registry.putManifest(manifest.digest, manifest, signal)
    const tag = reference.tag ?? 'latest'
    const named = whole ? index.document : manifests[0]
    if (!named) throw new ComposeError('not_found', `${name}: an index that lists nothing`)
    await registry.putManifest(tag, named, signal)
    if (!whole) images.add(record.id, [images.blobs.putText(named.text)])
    images.addDigest(record, familiarName(reference), named.digest)
    images.tell('push', name, familiarName(reference))
    if (index && !whole && !platform)
      report({
        progressDetail: {},
        aux: {
          manifestPushedInsteadOfIndex: true,
          originalIndex: descriptorOf(index.document),
          selectedManifest: descriptorOf(named),
        },
      })
    const size = Buffer.byteLength(named.text)
    report({ status: `${tag}: digest: ${named.digest} size: ${size}` })
    report({ progressDetail: {}, aux: { Tag: tag, Digest: named.digest, Size: size } })
  } finally {
    registry.close()
  }
}

interface Chosen {
  record: ImageRecord
  /** Undefined: the name has none, or one platform is asked for. */
  index: { document: StoredIndex; whole: boolean } | undefined
  manifests: StoredManifest[]
}

/** The index with all that it lists; where not all of that is here the one platform that is, as Docker Engine does. */
async function chosenContent(
  images: Images,
  name: string,
  platform: Platform | undefined,
  lease: Lease,
): Promise<Chosen> {
  const document = images.indexOf(name)
  const entries = document ? images.entriesOf(document) : []
  const here = entries.flatMap(({ manifest }) => manifest ?? [])
  lease.hold({ blobs: here.flatMap(blobsOf) })
  if (document && !platform && here.length === entries.length) {
    lease.hold({ blobs: [document.digest] })
    return { record: images.get(name), index: { document, whole: true }, manifests: here }
  }
  const record = platform ? images.getExactly(name, platform) : onlyOne()
  lease.hold({ blobs: [record.id, ...record.blobs] })
  const manifest = await contentIn(images, document, record, { compress: true })
  lease.hold({ blobs: blobsOf(manifest) })
  return { record, index: document && !platform ? { document, whole: false } : undefined, manifests: [manifest] }

  function onlyOne(): ImageRecord {
    const records = entries.flatMap(entry => entry.record ?? [])
    const found = records.length > 1 ? images.find(name, hostPlatform()) : images.get(name)
    if (found) return found
    throw new ComposeError('conflict', 'multiple matching manifests found but no specific platform requested', {
      hint: 'not all of the image is here: name one of its platforms with --platform, or pull the others',
    })
  }
}

const blobsOf = ({ digest, config, layers }: StoredManifest) => [
  digest,
  ...[config, ...layers].map(blob => blob.digest),
]

/** The first that fails ends the others. */
async function sendLayers(
  registry: Registry,
  images: Images,
  { reference, report, signal: outer }: PushOptions,
  layers: readonly Descriptor[],
): Promise<void> {
  const turns = createTurns(sentAtOnce)
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  const send = async (layer: Descriptor) => {
    signal.throwIfAborted()
    const id = shortId(layer.digest)
    let shown = 0
    const arrival = await registry.putBlob(sourceOf(images.blobs, layer), {
      from: elsewhere(images, reference, layer.digest),
      signal,
      onBytes(current) {
        const now = Date.now()
        if (now - shown < 100) return
        shown = now
        report({ status: 'Pushing', id, progressDetail: { current, total: layer.size } })
      },
    })
    report({ status: outcome(arrival), id, progressDetail: {} })
  }
  const sent = await Promise.allSettled(
    layers.map(layer =>
      turns
        .run(() => send(layer))
        .catch(error => {
          stop.abort(error)
          throw error
        }),
    ),
  )
  if (sent.some(({ status }) => status === 'rejected')) throw outer.aborted ? outer.reason : stop.signal.reason
}

function outcome(arrival: Arrival): string {
  if (arrival.kind === 'there') return 'Layer already exists'
  return arrival.kind === 'mounted' ? `Mounted from ${arrival.from}` : 'Pushed'
}

/** A repository of the same registry from which or to which an image with this layer went. */
function elsewhere(images: Images, { registry, repository }: Reference, digest: string): string | undefined {
  return images
    .all()
    .filter(({ blobs }) => blobs.includes(digest))
    .flatMap(record => images.digestsOf(record).map(parseReference))
    .find(other => other.registry === registry && other.repository !== repository)?.repository
}

/** What an upload reads. */
export function sourceOf(blobs: Blobs, { digest }: Descriptor): BlobSource {
  const path = blobs.path(digest)
  return {
    digest,
    size: blobs.size(digest),
    read: (start, end) => createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 18 }),
  }
}
