// Images: an OCI content store by configuration digest, names that point into it, unpacked layers.
import { choosePlatform, formatPlatform, hostPlatform, isSamePlatform, type Platform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, familiarTag, parseReference } from '../../shared/image-reference.ts'
import type { EventBus } from '../events/bus.ts'
import type { Collection, Database } from '../store/database.ts'
import type { Blobs } from './blobs.ts'
import { createDiffIds } from './diff-ids.ts'
import { createDocuments, type Documents, type StoredIndex } from './documents.ts'
import { type IndexEntry, indexEntries, keptByIndex } from './index-entries.ts'
import { chainIds, type Layers } from './layers.ts'
import { type Content, createLeases, type Lease } from './leases.ts'
import { createNames, type NameRecord } from './names.ts'
import type { ImageDocument, ImageRecord } from './record.ts'
import { createRemoval, type Removal } from './removal.ts'

export interface Images extends Removal {
  /** By name, digest, id, or the beginning of an id or a manifest's digest; of a name's images the one for the platform. */
  find(ref: string, platform?: Platform): ImageRecord | undefined
  /** Throws not_found in Docker Engine's words, on which its clients pull. */
  get(ref: string, platform?: Platform): ImageRecord
  /** For this platform itself, not for one whose programs it runs too. */
  getExactly(ref: string, platform: Platform): ImageRecord
  all(): ImageRecord[]
  /** Without those that a name has beside the one it stands for. */
  listed(): ImageRecord[]
  document(record: ImageRecord): ImageDocument
  platformOf(record: ImageRecord): Platform
  /** Top layer first. */
  lowerFolders(record: ImageRecord): string[]
  /** Takes an image whose blobs are stored and whose layers are unpacked. */
  add(configDigest: string, blobs: readonly string[]): ImageRecord
  /** `index`: the digest of the one that lists the image, where the name came as such. */
  tag(record: ImageRecord, ref: string, index?: string | undefined): void
  addDigest(record: ImageRecord, repository: string, digest: string): void
  tagsOf(record: ImageRecord): string[]
  /** When a tag was last given to it, by a pull too. */
  lastTagged(record: ImageRecord): string
  digestsOf(record: ImageRecord): string[]
  /** The index that a name came as; of an id that of its newest name. */
  indexOf(ref: string): StoredIndex | undefined
  entriesOf(index: StoredIndex): IndexEntry[]
  /** Tells listeners what was done with an image. */
  tell(action: 'import' | 'load' | 'pull' | 'push' | 'save', id: string, name: string): void
  /** Keeps content from being collected until it is disposed of. */
  lease(): Lease
  /** What others than images keep in the store, such as a cache: asked for whenever something is collected. */
  keptBy(contentOf: () => Content): void
  /** Which layer a blob is, uncompressed. Remembered: finding out reads all of it. */
  diffIdOf(blob: string): Promise<string>
  /** Forgets images of which something is missing, and removes what no image has: what a kill left. */
  sweep(): Content & { images: string[] }
  /** Of these layers and blobs what nothing has any more goes, now or when nobody is about to use it. */
  collect(content: Content): void
  layers: Layers
  blobs: Blobs
  documents: Documents
}

export interface ImagesOptions {
  database: Database
  blobs: Blobs
  layers: Layers
  events: EventBus
  usersOf: (imageId: string) => { name: string; running: boolean }[]
}

/** An image, and what platform a name has it for. */
interface Candidate {
  record: ImageRecord
  platform: Platform
}

export function createImages({ database, blobs, layers, events, usersOf }: ImagesOptions): Images {
  const records = database.collection<ImageRecord>('images')
  /** Images by the digests of their manifests; made anew when it is asked for after a change. */
  let byManifest: ReadonlyMap<string, ImageRecord> | undefined
  const store: Pick<Collection<ImageRecord>, 'get' | 'all' | 'put' | 'drop'> = {
    get: records.get,
    all: records.all,
    put(id, record) {
      byManifest = undefined
      records.put(id, record)
    },
    drop(id) {
      byManifest = undefined
      records.drop(id)
    },
  }
  const documents = createDocuments(blobs)
  const names = createNames(database.collection<NameRecord>('tags'), documents)
  const leases = createLeases(removeUnused)
  const keepers: (() => Content)[] = []
  /** Lists ask for it, and it never changes. */
  const platforms = new WeakMap<ImageRecord, Platform>()
  const diffIds = createDiffIds(database, blobs)
  const { forget, ...removal } = createRemoval({
    store,
    names,
    events,
    usersOf,
    get: ref => images.get(ref),
    getExactly: (ref, platform) => images.getExactly(ref, platform),
    tagsOf: record => images.tagsOf(record),
    imagesOf: index => listedIn(documents.index(index)).map(({ record }) => record),
    contentOf: indexContent,
    collect: content => void removeUnused(content),
  })
  const images: Images = {
    ...removal,
    blobs,
    layers,
    documents,
    tell: (action, id, name) => events.emit('image', action, id, { name }),
    lease: leases.open,
    collect: content => void removeUnused(content),
    keptBy: contentOf => void keepers.push(contentOf),
    diffIdOf: diffIds.of,
    sweep() {
      const torn = store.all().filter(record => !isWhole(record) && usersOf(record.id).length === 0)
      forget(torn)
      const unused = removeUnused({ layers: layers.all(), blobs: blobs.all() })
      return { ...unused, images: torn.map(({ id }) => id) }
    },
    find(ref, platform) {
      if (platform) return choosePlatform(candidates(ref), platform)?.record
      const named = names.find(ref)
      return named ? store.get(named.imageId) : identified(ref)
    },
    get(ref, platform) {
      const record = images.find(ref, platform)
      if (record) return record
      const other = platform && images.find(ref)
      if (other) throw otherPlatform(ref, platform, other)
      const shown = /@|^sha256:/.test(ref) ? ref : /:[^/]*$/.test(ref) ? ref : `${ref}:latest`
      throw new ComposeError('not_found', `No such image: ${shown}`)
    },
    getExactly(ref, platform) {
      const found = candidates(ref).find(candidate => isSamePlatform(candidate.platform, platform))
      if (found) return found.record
      throw otherPlatform(ref, platform, images.get(ref))
    },
    all: () => store.all(),
    listed() {
      return store.all().filter(record => names.standingFor(record.id).length > 0 || names.of(record).length === 0)
    },
    document: record => blobs.readJson<ImageDocument>(record.id),
    platformOf(record) {
      const known = platforms.get(record)
      if (known) return known
      const { os, architecture, variant } = images.document(record)
      const platform = { os, architecture, ...(variant ? { variant } : {}) }
      platforms.set(record, platform)
      return platform
    },
    lowerFolders: record => layers.lowerFolders(record.diffIds),
    add(configDigest, contents) {
      const known = store.get(configDigest)
      const record: ImageRecord = {
        id: configDigest,
        diffIds: blobs.readJson<ImageDocument>(configDigest).rootfs.diff_ids,
        stored: known?.stored ?? new Date().toISOString(),
        blobs: [...new Set([...(known?.blobs ?? []), ...contents])],
      }
      store.put(record.id, record)
      return record
    },
    tag(record, ref, index) {
      const name = familiarTag(parseReference(ref))
      const { id } = preferred(record, index)
      const before = indexContent([names.get(name)?.index])
      names.put(name, { imageId: id, ...(index === undefined ? {} : { index }), moment: new Date().toISOString() })
      if (before.length > 0) removeUnused({ layers: [], blobs: before })
      events.emit('image', 'tag', record.id, { name })
    },
    addDigest(record, repository, digest) {
      const name = `${familiarName(parseReference(repository))}@${digest}`
      const index = documents.index(digest) && digest
      names.put(name, { imageId: preferred(record, index).id, ...(index === undefined ? {} : { index }) })
    },
    lastTagged: record =>
      [record.stored, ...names.of(record).flatMap(name => names.get(name)?.moment ?? [])].sort().at(-1) ??
      record.stored,
    tagsOf: record =>
      names
        .of(record)
        .filter(name => !name.includes('@'))
        .sort(),
    digestsOf: record =>
      names
        .of(record)
        .filter(name => name.includes('@'))
        .sort(),
    indexOf(ref) {
      const named = names.find(ref)
      if (named) return documents.index(named.index)
      const record = identified(ref)
      return names
        .standingFor(record?.id ?? '')
        .toSorted((a, b) => ((a.moment ?? '') < (b.moment ?? '') ? 1 : -1))
        .map(({ index }) => documents.index(index))
        .find(index => index !== undefined)
    },
    entriesOf: index => indexEntries(index, { blobs, documents, imageOf }),
  }
  return images

  function identified(ref: string): ImageRecord | undefined {
    const digits = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(ref)?.[1]
    if (!digits) return undefined
    const whole = store.get(`sha256:${digits}`)
    if (whole) return whole
    const begins = (digest: string) => digest.startsWith(`sha256:${digits}`)
    const matching = store.all().filter(({ id }) => begins(id))
    // Clients show digests of manifests as ids too.
    const found =
      matching.length > 0
        ? matching
        : store.all().filter(record => documents.manifestsOf(record).some(({ digest }) => begins(digest)))
    return found.length === 1 ? found[0] : undefined
  }

  /** Of a name's images the one that it stands for where no platform is asked for. */
  function preferred(record: ImageRecord, index: string | undefined): ImageRecord {
    return choosePlatform(listedIn(documents.index(index)), hostPlatform())?.record ?? record
  }

  /** What a reference may stand for: a name for all images of its index, an id for its own. */
  function candidates(ref: string): Candidate[] {
    const record = images.find(ref)
    if (!record) return []
    const listed = listedIn(images.indexOf(ref))
    const own = listed.find(one => one.record.id === record.id) ?? { record, platform: images.platformOf(record) }
    return names.find(ref) ? [own, ...listed] : [own]
  }

  /** Those that are here. An index knows platforms better than configurations, which may lack the variant. */
  function listedIn(index: StoredIndex | undefined): Candidate[] {
    const entries = index ? images.entriesOf(index) : []
    return entries.flatMap(({ record, descriptor: { platform } }) =>
      record ? [{ record, platform: platform ?? images.platformOf(record) }] : [],
    )
  }

  function otherPlatform(ref: string, wanted: Platform, record: ImageRecord): ComposeError {
    const has =
      images.indexOf(ref) === undefined
        ? `its platform (${formatPlatform(images.platformOf(record))}) does not match`
        : 'does not provide'
    return new ComposeError(
      'not_found',
      `image with reference ${ref} was found but ${has} the specified platform (${formatPlatform(wanted)})`,
    )
  }

  function imageOf(manifest: string): ImageRecord | undefined {
    byManifest ??= new Map(
      store.all().flatMap(record => documents.manifestsOf(record).map(({ digest }) => [digest, record] as const)),
    )
    return byManifest.get(manifest)
  }

  function isWhole(record: ImageRecord): boolean {
    return blobs.has(record.id) && chainIds(record.diffIds).every(layers.has)
  }

  function indexContent(digests: readonly (string | undefined)[]): string[] {
    return [...new Set(digests)].flatMap(digest => {
      const index = documents.index(digest)
      return index ? keptByIndex(index, { documents, imageOf }) : []
    })
  }

  /** Of these layers and blobs those that no image has and nobody is about to use. */
  function removeUnused(content: Content): Content {
    const all = store.all()
    const kept = keepers.map(contentOf => contentOf())
    const chains = new Set([...all.flatMap(({ diffIds }) => chainIds(diffIds)), ...kept.flatMap(one => one.layers)])
    const digests = new Set([
      ...all.flatMap(({ id, blobs: own }) => [id, ...own]),
      ...indexContent(names.all().map(({ index }) => index)),
      ...kept.flatMap(one => one.blobs),
    ])
    const unused = leases.unheld({
      layers: content.layers.filter(chainId => !chains.has(chainId)),
      blobs: content.blobs.filter(digest => !digests.has(digest)),
    })
    for (const chainId of unused.layers) layers.remove(chainId)
    for (const digest of unused.blobs) {
      blobs.remove(digest)
      documents.forget(digest)
      diffIds.forget(digest)
    }
    return unused
  }
}
