// Images as one archive: an OCI layout (image-spec, image-layout.md) that is a docker-archive at the same time, as
// Docker Engine's is. Written as it is read; each blob once.
import { createReadStream } from 'node:fs'
import { mediaTypes } from '../../registry/manifest.ts'
import { familiarTag, parseReference, type Reference } from '../../shared/image-reference.ts'
import { padding, tarEnd, tarHead } from '../../shared/tar/header.ts'
import { contentOf, type ImageContent } from './content.ts'
import type { Images } from './images.ts'
import type { ImageRecord } from './record.ts'

/** Throws before the first byte where one of them is not here. `names`: tags, digests, ids, repositories. */
export function saveImages(images: Images, names: readonly string[]): AsyncGenerator<Uint8Array> {
  const wanted = new Map<ImageRecord, Set<string>>()
  for (const name of names) {
    for (const { record, tag } of namedBy(images, name)) {
      const tags = wanted.get(record) ?? new Set()
      wanted.set(record, tag === undefined ? tags : tags.add(tag))
    }
  }
  return pack(images, wanted)
}

/** A repository without a tag stands for all of its tags. */
function namedBy(images: Images, name: string): { record: ImageRecord; tag: string | undefined }[] {
  const record = images.find(name)
  const reference = referenceOf(name)
  if (reference && !reference.tag && !reference.digest) {
    const tags = images
      .all()
      .flatMap(one => images.tagsOf(one).map(tag => ({ record: one, tag })))
      .filter(({ tag }) => tag.slice(0, tag.lastIndexOf(':')) === familiarTag(reference).replace(/:latest$/, ''))
    if (tags.length > 0) return tags
  }
  const tag =
    reference?.tag && record && images.tagsOf(record).includes(familiarTag(reference))
      ? familiarTag(reference)
      : undefined
  return [{ record: record ?? images.get(name), tag }]
}

function referenceOf(name: string): Reference | undefined {
  try {
    return parseReference(name)
  } catch {
    return undefined
  }
}

async function* pack(
  images: Images,
  wanted: ReadonlyMap<ImageRecord, ReadonlySet<string>>,
): AsyncGenerator<Uint8Array> {
  const { blobs } = images
  using lease = images.lease()
  const index: object[] = []
  const archive: object[] = []
  const texts = new Map<string, string>()
  const stored = new Set<string>()
  for (const [record, tags] of wanted) {
    lease.hold({ blobs: [record.id, ...record.blobs] })
    const content = await contentOf(images, record, { compress: false })
    texts.set(content.digest, content.text)
    for (const { digest } of [content.config, ...content.layers]) stored.add(digest)
    index.push(...indexEntries(images, record, content, tags))
    archive.push({
      Config: blobPath(record.id),
      RepoTags: tags.size > 0 ? [...tags] : null,
      Layers: content.layers.map(({ digest }) => blobPath(digest)),
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
  for (const { id } of wanted.keys()) images.tell('save', id, id)
}

/** Nothing of when it is written: the same images give the same bytes. */
const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0 }
const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`

/** One for each name, since a name is an annotation. */
function indexEntries(images: Images, record: ImageRecord, content: ImageContent, tags: ReadonlySet<string>): object[] {
  const { os, architecture, variant } = images.document(record)
  const entry = {
    mediaType: content.mediaType,
    digest: content.digest,
    size: Buffer.byteLength(content.text),
    platform: { architecture, os, ...(variant ? { variant } : {}) },
  }
  if (tags.size === 0) return [entry]
  return [...tags].map(tag => {
    const { registry, repository, tag: short = 'latest' } = parseReference(tag)
    return {
      ...entry,
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
