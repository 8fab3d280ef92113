// Images: an OCI content store by configuration digest, names that point into it, unpacked layers.
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, familiarTag, parseReference } from '../../shared/image-reference.ts'
import type { EventBus } from '../events/bus.ts'
import type { Collection, Database } from '../store/database.ts'
import type { Blobs } from './blobs.ts'
import { createDiffIds } from './diff-ids.ts'
import { chainIds, type Layers } from './layers.ts'
import { type Content, createLeases, type Lease } from './leases.ts'
import type { ImageDocument, ImageRecord } from './record.ts'

export interface Images {
  /** By name, digest, id, or the beginning of an id. */
  find(ref: string): ImageRecord | undefined
  get(ref: string): ImageRecord
  all(): ImageRecord[]
  document(record: ImageRecord): ImageDocument
  /** Top layer first. */
  lowerFolders(record: ImageRecord): string[]
  /** Takes an image whose blobs are stored and whose layers are unpacked. */
  add(configDigest: string, blobs: readonly string[]): ImageRecord
  tag(record: ImageRecord, ref: string): void
  addDigest(record: ImageRecord, repository: string, digest: string): void
  tagsOf(record: ImageRecord): string[]
  /** When a tag was last given to it, by a pull too. */
  lastTagged(record: ImageRecord): string
  digestsOf(record: ImageRecord): string[]
  /** Untags, and removes the image with its last name. Returns what Docker Engine would list. */
  remove(ref: string, force: boolean): { Untagged?: string; Deleted?: string }[]
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
}

export interface ImagesOptions {
  database: Database
  blobs: Blobs
  layers: Layers
  events: EventBus
  usersOf: (imageId: string) => { name: string; running: boolean }[]
}

interface TagRecord {
  imageId: string
  /** When it was given, or found to be the newest; earlier versions didn't note it. */
  moment?: string
}

export function createImages({ database, blobs, layers, events, usersOf }: ImagesOptions): Images {
  const store = database.collection<ImageRecord>('images')
  const tags: Collection<TagRecord> = database.collection<TagRecord>('tags')
  const namesOf = (record: ImageRecord) => tags.ids().filter(name => tags.get(name)?.imageId === record.id)

  const leases = createLeases(removeUnused)
  const keepers: (() => Content)[] = []
  const diffIds = createDiffIds(database, blobs)
  const images: Images = {
    blobs,
    layers,
    tell: (action, id, name) => events.emit('image', action, id, { name }),
    lease: leases.open,
    collect: content => void removeUnused(content),
    keptBy: contentOf => void keepers.push(contentOf),
    diffIdOf: diffIds.of,
    sweep() {
      const torn = store.all().filter(record => !isWhole(record) && usersOf(record.id).length === 0)
      for (const record of torn) {
        for (const name of namesOf(record)) tags.drop(name)
        store.drop(record.id)
      }
      for (const name of tags.ids()) if (!store.get(tags.get(name)?.imageId ?? '')) tags.drop(name)
      const unused = removeUnused({ layers: layers.all(), blobs: blobs.all() })
      return { ...unused, images: torn.map(({ id }) => id) }
    },
    find(ref) {
      const byId = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(ref)?.[1]
      const named = nameKeys(ref)
        .map(key => tags.get(key))
        .find(tag => tag !== undefined)
      if (named) return store.get(named.imageId)
      const matching = byId ? store.all().filter(({ id }) => id.startsWith(`sha256:${byId}`)) : []
      return matching.length === 1 ? matching[0] : undefined
    },
    get(ref) {
      const record = images.find(ref)
      if (record) return record
      const shown = /@|^sha256:/.test(ref) ? ref : /:[^/]*$/.test(ref) ? ref : `${ref}:latest`
      throw new ComposeError('not_found', `No such image: ${shown}`)
    },
    all: () => store.all(),
    document: record => blobs.readJson<ImageDocument>(record.id),
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
    tag(record, ref) {
      const name = familiarTag(parseReference(ref))
      tags.put(name, { imageId: record.id, moment: new Date().toISOString() })
      events.emit('image', 'tag', record.id, { name })
    },
    addDigest: (record, repository, digest) =>
      tags.put(`${familiarName(parseReference(repository))}@${digest}`, { imageId: record.id }),
    lastTagged: record =>
      [record.stored, ...namesOf(record).flatMap(name => tags.get(name)?.moment ?? [])].sort().at(-1) ?? record.stored,
    tagsOf: record =>
      namesOf(record)
        .filter(name => !name.includes('@'))
        .sort(),
    digestsOf: record =>
      namesOf(record)
        .filter(name => name.includes('@'))
        .sort(),

    remove(ref, force) {
      const record = images.get(ref)
      const key = nameKeys(ref).find(name => tags.get(name))
      const others = images.tagsOf(record).filter(name => name !== key)
      const users = usersOf(record.id)
      if (!key && images.tagsOf(record).length > 1 && !force) {
        throw new ComposeError(
          'conflict',
          `conflict: unable to delete ${shortId(record)} (must be forced) - image is referenced in multiple repositories`,
        )
      }
      if (key && others.length > 0) {
        // Digests go with the last tag of their repository.
        const repository = repositoryOf(key)
        const isLast = !key.includes('@') && !others.some(name => repositoryOf(name) === repository)
        const digests = images.digestsOf(record).filter(name => isLast && repositoryOf(name) === repository)
        for (const name of digests) tags.drop(name)
        return [untag(record, key)]
      }
      const running = users.find(user => user.running)
      const user = running ?? (force ? undefined : users[0])
      if (user) {
        const how = running ? 'cannot be forced' : 'must be forced'
        throw new ComposeError(
          'conflict',
          `conflict: unable to ${key ? `remove repository reference "${ref}"` : `delete ${shortId(record)}`} (${how}) - container ${user.name} is using its referenced image ${shortId(record)}`,
        )
      }
      const shown = namesOf(record).filter(name => name === key || !name.includes('@'))
      const untagged = shown.map(name => untag(record, name))
      for (const name of namesOf(record)) tags.drop(name)
      store.drop(record.id)
      removeUnused({ layers: chainIds(record.diffIds), blobs: [record.id, ...record.blobs] })
      events.emit('image', 'delete', record.id, { name: record.id })
      return [...untagged, { Deleted: record.id }]
    },
  }
  return images

  function untag(record: ImageRecord, name: string) {
    tags.drop(name)
    events.emit('image', 'untag', record.id, { name })
    return { Untagged: name }
  }

  function isWhole(record: ImageRecord): boolean {
    return blobs.has(record.id) && chainIds(record.diffIds).every(layers.has)
  }

  /** Of these layers and blobs those that no image has and nobody is about to use. */
  function removeUnused(content: Content): Content {
    const all = store.all()
    const kept = keepers.map(contentOf => contentOf())
    const chains = new Set([...all.flatMap(({ diffIds }) => chainIds(diffIds)), ...kept.flatMap(one => one.layers)])
    const digests = new Set([...all.flatMap(({ id, blobs: own }) => [id, ...own]), ...kept.flatMap(one => one.blobs)])
    const unused = leases.unheld({
      layers: content.layers.filter(chainId => !chains.has(chainId)),
      blobs: content.blobs.filter(digest => !digests.has(digest)),
    })
    for (const chainId of unused.layers) layers.remove(chainId)
    for (const digest of unused.blobs) {
      blobs.remove(digest)
      diffIds.forget(digest)
    }
    return unused
  }
}

/** `repository:tag` or `repository@digest`. */
const repositoryOf = (name: string) => name.replace(/@.*$|:[^:/]*$/, '')

const shortId = ({ id }: ImageRecord) => id.replace('sha256:', '').slice(0, 12)

/** The keys under which a reference may be known; none for what is no reference. */
function nameKeys(ref: string): string[] {
  try {
    const reference = parseReference(ref)
    return reference.digest ? [`${familiarName(reference)}@${reference.digest}`] : [familiarTag(reference)]
  } catch {
    return []
  }
}
