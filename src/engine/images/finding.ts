// Which image a reference means: by name, digest, id, and platform.
import { choosePlatform, formatPlatform, hostPlatform, isSamePlatform, type Platform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Documents, StoredIndex } from './documents.ts'
import type { IndexEntry } from './index-entries.ts'
import type { Names } from './names.ts'
import type { ImageRecord } from './record.ts'
import type { Records } from './records.ts'

export interface Finding {
  /**
   * By name, digest, id, or the beginning of an id or a manifest's digest; of a name's images the one for the platform.
   */
  find(ref: string, platform?: Platform): ImageRecord | undefined
  /** Throws not_found in Docker Engine's words, on which its clients pull. */
  get(ref: string, platform?: Platform): ImageRecord
  /** For this platform itself, not for one whose programs it runs too. */
  getExactly(ref: string, platform: Platform): ImageRecord
  /** The index that a name came as; of an id that of its newest name. */
  indexOf(ref: string): StoredIndex | undefined
}

export interface FindingOptions {
  records: Records
  names: Names
  documents: Documents
  entriesOf: (index: StoredIndex) => IndexEntry[]
}

/** An image, and what platform a name has it for. */
interface Candidate {
  record: ImageRecord
  platform: Platform
}

interface Inside {
  /** The images of an index that are here, in its order. */
  listedIn(index: string | undefined): ImageRecord[]
  /** Of a name's images the one that it stands for where no platform is asked for. */
  preferred(record: ImageRecord, index: string | undefined): ImageRecord
}

export function createFinding({ records, names, documents, entriesOf }: FindingOptions): Finding & Inside {
  const finding: Finding & Inside = {
    find(ref, platform) {
      if (platform) return choosePlatform(candidates(ref), platform)?.record
      const named = names.find(ref)
      return named ? records.get(named.imageId) : identified(ref)
    },
    get(ref, platform) {
      const record = finding.find(ref, platform)
      if (record) return record
      const other = platform && finding.find(ref)
      if (other) throw otherPlatform(ref, platform, other)
      const shown = /@|^sha256:/.test(ref) ? ref : /:[^/]*$/.test(ref) ? ref : `${ref}:latest`
      throw new ComposeError('not_found', `No such image: ${shown}`)
    },
    getExactly(ref, platform) {
      const found = candidates(ref).find(candidate => isSamePlatform(candidate.platform, platform))
      if (found) return found.record
      throw otherPlatform(ref, platform, finding.get(ref))
    },
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
    listedIn: index => listed(documents.index(index)).map(({ record }) => record),
    preferred: (record, index) => choosePlatform(listed(documents.index(index)), hostPlatform())?.record ?? record,
  }
  return finding

  function identified(ref: string): ImageRecord | undefined {
    const digits = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(ref)?.[1]
    if (!digits) return undefined
    const whole = records.get(`sha256:${digits}`)
    if (whole) return whole
    const begins = (digest: string) => digest.startsWith(`sha256:${digits}`)
    const matching = records.all().filter(({ id }) => begins(id))
    // Clients show digests of manifests as ids too.
    const byManifest = (record: ImageRecord) => documents.manifestsOf(record).some(({ digest }) => begins(digest))
    const found = matching.length > 0 ? matching : records.all().filter(byManifest)
    return found.length === 1 ? found[0] : undefined
  }

  /** What a reference may stand for: a name for all images of its index, an id for its own. */
  function candidates(ref: string): Candidate[] {
    const record = finding.find(ref)
    if (!record) return []
    const beside = listed(finding.indexOf(ref))
    const own = beside.find(one => one.record.id === record.id) ?? { record, platform: records.platformOf(record) }
    return names.find(ref) ? [own, ...beside] : [own]
  }

  /** An index knows platforms better than configurations, which may lack the variant. */
  function listed(index: StoredIndex | undefined): Candidate[] {
    const entries = index ? entriesOf(index) : []
    return entries.flatMap(({ record, descriptor: { platform } }) =>
      record ? [{ record, platform: platform ?? records.platformOf(record) }] : [],
    )
  }

  function otherPlatform(ref: string, wanted: Platform, record: ImageRecord): ComposeError {
    const has =
      finding.indexOf(ref) === undefined
        ? `its platform (${formatPlatform(records.platformOf(record))}) does not match`
        : 'does not provide'
    return new ComposeError(
      'not_found',
      `image with reference ${ref} was found but ${has} the specified platform (${formatPlatform(wanted)})`,
    )
  }
}
