// Images as one archive: an OCI layout (image-spec, image-layout.md) that is a docker-archive at the same time, as
// Docker Engine's is. Written as it is read; each blob once. An index is in it with what of it is here.
import { createReadStream } from 'node:fs'
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts'
import type { Platform } from '../../registry/platform.ts'
import { familiarTag, parseReference, referenceOf } from '../../shared/image-reference.ts'
import { padding, tarEnd, tarHead } from '../../shared/tar/header.ts'
import { contentIn } from './content.ts'
import { descriptorOf, type StoredIndex } from './documents.ts'
import type { Images } from './images.ts'
import type { Lease } from './leases.ts'
import type { ImageRecord } from './record.ts'

interface Wanted {
  record: ImageRecord
  /** Undefined: it has none, or one platform of it is asked for. */
  index: StoredIndex | undefined
  tags: Set<string>
}

/**
 * Throws before the first byte where one of them is not here. `names`: tags, digests, ids, repositories. Without a
 * platform all that is here of each.
 */
export function saveImages(images: Images, names: readonly string[], platform?: Platform): AsyncGenerator<Uint8Array> {
  const wanted = new Map<string, Wanted>()
  for (const name of names) {
    for (const ref of tagsNamedBy(images, name)) {
      const record = platform ? images.getExactly(ref, platform) : images.get(ref)
      const index = platform ? undefined : images.indexOf(ref)
      const key = index?.digest ?? record.id
      const one = wanted.get(key) ?? { record, index, tags: new Set() }
      const reference = referenceOf(ref)
      if (reference?.tag && images.tagsOf(record).includes(familiarTag(reference))) one.tags.add(familiarTag(reference))
      wanted.set(key, one)
    }
  }
  return pack(images, [...wanted.values()])
}

/** A repository without a tag stands for all of its tags. */
function tagsNamedBy(images: Images, name: string): string[] {
  const reference = referenceOf(name)
  if (!reference || reference.tag || reference.digest) return [name]
  const repository = familiarTag(reference).replace(/:latest$/, '')
  const tags = new Set(images.all().flatMap(images.tagsOf))
  const own = [...tags].filter(tag => tag.slice(0, tag.lastIndexOf(':')) === repository)
  return own.length > 0 ? own : [name]
}

async function* pack(images: Images, wanted: readonly Wanted[]): AsyncGenerator<Uint8Array> {
  const { blobs } = images
  using lease = images.lease()
  const index: object[] = []
  const archive: object[] = []
  const texts = new Map<string, string>()
  const stored = new Set<string>()
  for (const one of wanted) {
    const { own, listed } = await manifestsOf(images, one, lease)
    for (const { digest, text, config, layers } of listed) {
      texts.set(digest, text)
      for (const blob of [config, ...layers]) stored.add(blob.digest)
    }
    if (one.index) texts.set(one.index.digest, one.index.text)
    const descriptor = one.index
      ? descriptorOf(one.index)
      : { ...descriptorOf(own), platform: images.platformOf(one.record) }
    index.push(...namedEntries(descriptor, one.tags))
    archive.push({
      Config: blobPath(one.record.id),
      RepoTags: one.tags.size > 0 ? [...one.tags] : null,
      Layers: own.layers.map(({ digest }) => blobPath(digest)),
    })
  }
  for (const folder of ['blobs/', 'blobs/sha256/']) yield tarHead({ ...common, kind: 'folder', name: folder, size: 0 })
  for (const digest of [...stored].sort()) {
    const size = blobs.size(digest)
    yield tarHead({ ...common, kind: 'file', name: blobPath(digest), size })
    yield* createReadStream(blobs.path(digest), { highWaterMark: 1 << 18 })
    yield padding(size)
  }
  for (const [digest, text] of texts) yield* file(blobPath(digest), text)
  yield* file('index.json', JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: index }))
  yield* file('manifest.json', JSON.stringify(archive))
  yield* file('oci-layout', '{"imageLayoutVersion":"1.0.0"}')
  yield tarEnd()
  for (const { record } of wanted) images.tell('save', record.id, record.id)
}

/** Nothing of when it is written: the same images give the same bytes. */
const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0 }
const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`

/** An index names what is not here all the same, as in Docker Engine's archives. */
async function manifestsOf(images: Images, { record, index }: Wanted, lease: Lease) {
  lease.hold({ blobs: [record.id, ...record.blobs] })
  const own = await contentIn(images, index, record, { compress: false })
  const listed = index ? images.entriesOf(index).flatMap(({ manifest }) => manifest ?? []) : [own]
  lease.hold({ blobs: listed.flatMap(({ config, layers }) => [config, ...layers].map(({ digest }) => digest)) })
  return { own, listed }
}

/** One for each name, since a name is an annotation. */
function namedEntries(descriptor: Descriptor, tags: ReadonlySet<string>): Descriptor[] {
  if (tags.size === 0) return [descriptor]
  return [...tags].map(tag => {
    const { registry, repository, tag: short = 'latest' } = parseReference(tag)
    return {
      ...descriptor,
      annotations: {
        'io.containerd.image.name': `${registry}/${repository}:${short}`,
        'org.opencontainers.image.ref.name': short,
      },
    }
  })
}

function* file(name: string, text: string): Generator<Buffer> {
  const bytes = Buffer.from(text)
  yield tarHead({ ...common, kind: 'file', name, size: bytes.length })
  yield bytes
  yield padding(bytes.length)
}
