// Names of images: tags, and digests under which registries know them. A name that came as an index keeps it, and
// stands for every image that the index lists.
import { familiarName, familiarTag, parseReference } from '../../shared/image-reference.ts'
import type { Collection } from '../store/database.ts'
import type { Documents } from './documents.ts'
import type { ImageRecord } from './record.ts'

export interface NameRecord {
  /** What it stands for where no platform is asked for. */
  imageId: string
  /** Digest of the index that it came as; undefined: it was one manifest, or an earlier version took it in. */
  index?: string
  /** When it was given, or found to be the newest; earlier versions didn't note it. */
  moment?: string
}

export type Name = NameRecord & { key: string }

export interface Names {
  /** The name that a reference has, where there is one. */
  find(ref: string): Name | undefined
  get(key: string): NameRecord | undefined
  all(): readonly Name[]
  put(key: string, record: NameRecord): void
  drop(key: string): void
  /** Those that stand for this image where no platform is asked for. */
  standingFor(imageId: string): readonly Name[]
  /** Those that have this image, on some platform. */
  of(record: ImageRecord): string[]
}

/** All names, from the other side. */
interface Inverse {
  all: readonly Name[]
  byImage: ReadonlyMap<string, readonly Name[]>
  /** By each manifest that their indexes list. */
  byManifest: ReadonlyMap<string, readonly Name[]>
}

export function createNames(store: Collection<NameRecord>, documents: Documents): Names {
  // Made anew when it is asked for after a change: lists ask for each image.
  let inverse: Inverse | undefined
  const known = () => {
    inverse ??= invert(store, documents)
    return inverse
  }
  const names: Names = {
    find(ref) {
      for (const key of keysOf(ref)) {
        const found = store.get(key)
        if (found) return { key, ...found }
      }
      return undefined
    },
    get: store.get,
    all: () => known().all,
    put(key, record) {
      inverse = undefined
      store.put(key, record)
    },
    drop(key) {
      inverse = undefined
      store.drop(key)
    },
    standingFor: imageId => known().byImage.get(imageId) ?? [],
    of(record) {
      const listing = documents.manifestsOf(record).flatMap(({ digest }) => known().byManifest.get(digest) ?? [])
      return [...new Set([...names.standingFor(record.id), ...listing].map(({ key }) => key))]
    },
  }
  return names
}

function invert(store: Collection<NameRecord>, documents: Documents): Inverse {
  const all = store.ids().flatMap(key => {
    const found = store.get(key)
    return found ? [{ key, ...found }] : []
  })
  const byManifest = new Map<string, Name[]>()
  for (const name of all)
    for (const digest of documents.index(name.index)?.listed ?? []) {
      const others = byManifest.get(digest)
      if (others) others.push(name)
      else byManifest.set(digest, [name])
    }
  return { all, byImage: Map.groupBy(all, ({ imageId }) => imageId), byManifest }
}

/** `repository:tag` or `repository@digest`. */
export const repositoryOf = (name: string): string => name.replace(/@.*$|:[^:/]*$/, '')

/** The keys under which a reference may be known; none for what is no reference. */
function keysOf(ref: string): string[] {
  try {
    const reference = parseReference(ref)
    return reference.digest ? [`${familiarName(reference)}@${reference.digest}`] : [familiarTag(reference)]
  } catch {
    return []
  }
}
