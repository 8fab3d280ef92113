// Images: an OCI content store by configuration digest, names that point into it, unpacked layers.
import { familiarName, familiarTag, parseReference } from '../../shared/image-reference.ts'
import type { EventBus } from '../events/bus.ts'
import type { Database } from '../store/database.ts'
import type { Blobs } from './blobs.ts'
import { createDiffIds } from './diff-ids.ts'
import { createDocuments, type Documents, type StoredIndex } from './documents.ts'
import { createFinding, type Finding } from './finding.ts'
import { createGarbage, type Garbage } from './garbage.ts'
import { type IndexEntry, indexEntries } from './index-entries.ts'
import { chainIds, type Layers } from './layers.ts'
import type { Content } from './leases.ts'
import { createNames, type NameRecord } from './names.ts'
import type { ImageRecord } from './record.ts'
import { createRecords, type Records } from './records.ts'
import { createRemoval, type Removal } from './removal.ts'

export interface Images
  extends Finding,
    Removal,
    Pick<Records, 'all' | 'add' | 'document' | 'platformOf'>,
    Pick<Garbage, 'lease' | 'keptBy'> {
  /** Without those that a name has beside the one it stands for. */
  listed(): ImageRecord[]
  /** Top layer first. */
  lowerFolders(record: ImageRecord): string[]
  /** `index`: the digest of the one that lists the image, where the name came as such. */
  tag(record: ImageRecord, ref: string, index?: string | undefined): void
  addDigest(record: ImageRecord, repository: string, digest: string): void
  tagsOf(record: ImageRecord): string[]
  /** When a tag was last given to it, by a pull too. */
  lastTagged(record: ImageRecord): string
  digestsOf(record: ImageRecord): string[]
  entriesOf(index: StoredIndex): IndexEntry[]
  /** Tells listeners what was done with an image. */
  tell(action: 'import' | 'load' | 'pull' | 'push' | 'save', id: string, name: string): void
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

export function createImages({ database, blobs, layers, events, usersOf }: ImagesOptions): Images {
  const documents = createDocuments(blobs)
  const records = createRecords(database.collection<ImageRecord>('images'), blobs, documents)
  const names = createNames(database.collection<NameRecord>('tags'), documents)
  const diffIds = createDiffIds(database, blobs)
  const { collect, keptByIndexes, ...garbage } = createGarbage({ records, names, documents, diffIds, layers, blobs })
  const entriesOf = (index: StoredIndex) => indexEntries(index, { blobs, documents, imageOf: records.ofManifest })
  const { listedIn, preferred, ...finding } = createFinding({ records, names, documents, entriesOf })
  const { all, add, document, platformOf } = records
  const namesOf = (record: ImageRecord, isDigest: boolean) =>
    names
      .of(record)
      .filter(name => name.includes('@') === isDigest)
      .sort()
  const tagsOf = (record: ImageRecord) => namesOf(record, false)
  const { forget, ...removal } = createRemoval({
    records,
    names,
    events,
    usersOf,
    finding,
    tagsOf,
    listedIn,
    keptByIndexes,
    collect,
  })
  const isWhole = (record: ImageRecord) => blobs.has(record.id) && chainIds(record.diffIds).every(layers.has)
  return {
    ...garbage,
    ...finding,
    ...removal,
    all,
    add,
    document,
    platformOf,
    entriesOf,
    tagsOf,
    blobs,
    layers,
    documents,
    digestsOf: record => namesOf(record, true),
    tell: (action, id, name) => events.emit('image', action, id, { name }),
    collect: content => void collect(content),
    diffIdOf: diffIds.of,
    sweep() {
      const torn = all().filter(record => !isWhole(record) && usersOf(record.id).length === 0)
      forget(torn)
      const unused = collect({ layers: layers.all(), blobs: blobs.all() })
      return { ...unused, images: torn.map(({ id }) => id) }
    },
    listed: () => all().filter(record => names.standingFor(record.id).length > 0 || names.of(record).length === 0),
    lowerFolders: record => layers.lowerFolders(record.diffIds),
    tag(record, ref, index) {
      const name = familiarTag(parseReference(ref))
      const { id } = preferred(record, index)
      const before = keptByIndexes([names.get(name)?.index])
      names.put(name, { imageId: id, ...(index === undefined ? {} : { index }), moment: new Date().toISOString() })
      if (before.length > 0) collect({ layers: [], blobs: before })
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
  }
}
