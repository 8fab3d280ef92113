// Push: what the image has and the registry has not; the manifest last, so that a name never leads to half an image.
import { createReadStream } from 'node:fs'
import type { Credentials } from '../../registry/credentials.ts'
import type { Descriptor } from '../../registry/manifest.ts'
import { openRegistry, type Registry } from '../../registry/registry.ts'
import type { Arrival, BlobSource } from '../../registry/upload.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, familiarTag, parseReference, type Reference } from '../../shared/image-reference.ts'
import { createTurns } from '../../shared/turns.ts'
import type { Blobs } from './blobs.ts'
import { contentOf } from './content.ts'
import type { Images } from './images.ts'
import type { ImageRecord } from './record.ts'

export interface PushMessage {
  status?: string
  id?: string
  progressDetail?: { current?: number; total?: number }
  aux?: { Tag: string; Digest: string; Size: number }
}

export interface PushOptions {
  /** With the tag under which it is known here and there. */
  reference: Reference
  /** Throws where the image is not the one that was asked for. */
  check: (record: ImageRecord) => void
  credentials: Credentials | undefined
  report: (message: PushMessage) => void
  signal: AbortSignal
}

const sentAtOnce = 3

export async function pushImage(images: Images, options: PushOptions): Promise<void> {
  const { reference, check, credentials, report, signal } = options
  const name = familiarTag(reference)
  const record = images.find(name)
  if (!record) throw new ComposeError('not_found', `tag does not exist: ${name}`)
  check(record)
  report({ status: `The push refers to repository [${reference.registry}/${reference.repository}]` })
  using lease = images.lease()
  lease.hold({ blobs: [record.id, ...record.blobs] })
  const content = await contentOf(images, record, { compress: true })
  lease.hold({ blobs: content.layers.map(({ digest }) => digest) })
  const registry = openRegistry(reference, { credentials, action: 'push' })
  try {
    const layers = [...new Map(content.layers.map(layer => [layer.digest, layer])).values()]
    for (const layer of layers) report({ status: 'Preparing', id: shortId(layer), progressDetail: {} })
    await sendLayers(registry, images, options, layers)
    await registry.putBlob(sourceOf(images.blobs, content.config), { signal })
    const tag = reference.tag ?? 'latest'
    await registry.putManifest(tag, content, signal)
    images.add(record.id, [images.blobs.putText(content.text)])
    images.addDigest(record, familiarName(reference), content.digest)
    images.tell('push', name, familiarName(reference))
    const size = Buffer.byteLength(content.text)
    report({ status: `${tag}: digest: ${content.digest} size: ${size}` })
    report({ progressDetail: {}, aux: { Tag: tag, Digest: content.digest, Size: size } })
  } finally {
    registry.close()
  }
}

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
    const id = shortId(layer)
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

const shortId = ({ digest }: Descriptor) => digest.replace('sha256:', '').slice(0, 12)
