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

export interface Names {
  /** The name that a reference has, where there is one. */
  find(ref: string): ({ key: string } & NameRecord) | undefined
  get(key: string): NameRecord | undefined
  all(): ({ key: string } & NameRecord)[]
  put(key: string, record: NameRecord): void
  drop(key: string): void
  /** Those that stand for this image, on some platform. */
  of(record: ImageRecord): string[]
}

export function createNames(store: Collection<NameRecord>, documents: Documents): Names {
  return {
    find(ref) {
      for (const key of keysOf(ref)) {
        const found = store.get(key)
        if (found) return { key, ...found }
      }
      return undefined
    },
    get: store.get,
    all: () =>
      store.ids().flatMap(key => {
        const found = store.get(key)
        return found ? [{ key, ...found }] : []
      }),
    put: store.put,
    drop: store.drop,
    of(record) {
      const own = new Set(documents.manifestsOf(record).map(({ digest }) => digest))
      return store.ids().filter(key => {
        const name = store.get(key)
        if (name?.imageId === record.id) return true
        return documents.index(name?.index)?.manifests.some(({ digest }) => own.has(digest)) ?? false
      })
    },
  }
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
