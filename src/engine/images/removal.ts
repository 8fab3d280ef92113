// What goes when an image or one of its names is removed, and what stands in the way, as Docker Engine has it.
import type { Platform } from '../../registry/platform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { shortId } from '../../shared/short-id.ts'
import type { EventBus } from '../events/bus.ts'
import type { Finding } from './finding.ts'
import { chainIds } from './layers.ts'
import type { Content } from './leases.ts'
import { type Names, repositoryOf } from './names.ts'
import type { ImageRecord } from './record.ts'
import type { Records } from './records.ts'

export interface Removed {
  Untagged?: string
  Deleted?: string
}

export interface Removal {
  /**
   * Untags, and removes the image with its last name. Forced, one that a stopped container has loses its names and stays.
   * Returns what Docker Engine would list.
   */
  remove(ref: string, force: boolean): Removed[]
  /** Of a name's images those for these platforms; the name goes with the last one. */
  removePlatforms(ref: string, platforms: readonly Platform[]): Removed[]
  /** All images that would go if this one did: those of other platforms that have no other name. */
  withOthers(record: ImageRecord): ImageRecord[]
}

export interface RemovalOptions {
  records: Pick<Records, 'get' | 'drop'>
  names: Names
  events: EventBus
  usersOf: (imageId: string) => { name: string; running: boolean }[]
  finding: Pick<Finding, 'get' | 'getExactly'>
  tagsOf: (record: ImageRecord) => string[]
  /** Those of an index that are here, in its order. */
  listedIn: (index: string | undefined) => ImageRecord[]
  /** Blobs that a name keeps beside its images. */
  keptByIndexes: (digests: readonly (string | undefined)[]) => string[]
  collect: (content: Content) => void
}

export function createRemoval(options: RemovalOptions): Removal & { forget(torn: readonly ImageRecord[]): void } {
  const { records, names, events, usersOf, finding, tagsOf, listedIn, keptByIndexes, collect } = options
  return {
    remove(ref, force) {
      const record = finding.get(ref)
      const key = names.find(ref)?.key
      const tags = tagsOf(record)
      const others = tags.filter(name => name !== key)
      if (!key && tags.length > 1 && !force) {
        throw new ComposeError(
          'conflict',
          `conflict: unable to delete ${shortId(record.id)} (must be forced) - image is referenced in multiple repositories`,
        )
      }
      if (key && others.length > 0) {
        const dropped = [key, ...digestsWith(key, record, others)]
        const leaving = leavingWith(record, dropped).filter(({ id }) => usersOf(id).length === 0)
        return drop(leaving, dropped, [key])
      }
      const dropped = namesFor(record)
      // One that a name has beside another goes alone.
      const leaving = dropped.length === 0 ? [record] : leavingWith(record, dropped)
      // What has no name to lose would be told as removed, and stay.
      const helps = dropped.length > 0
      refuseUsed(
        leaving,
        { force, helps },
        key ? `remove repository reference "${ref}"` : `delete ${shortId(record.id)}`,
      )
      return drop(
        leaving.filter(({ id }) => usersOf(id).length === 0),
        dropped,
        dropped.filter(name => name === key || !name.includes('@')),
      )
    },

    removePlatforms(ref, platforms) {
      const leaving = [...new Set(platforms.map(platform => finding.getExactly(ref, platform)))]
      refuseUsed(leaving, { force: false, helps: false }, `remove platforms of "${ref}"`)
      const without = names.all().filter(({ imageId, index }) => {
        const left = [...listedIn(index), { id: imageId }].filter(({ id }) => !leaving.some(one => one.id === id))
        return left.length === 0
      })
      const dropped = without.map(({ key }) => key)
      return drop(
        leaving,
        dropped,
        dropped.filter(name => !name.includes('@')),
      )
    },

    withOthers: record => leavingWith(record, namesFor(record)),

    forget(torn) {
      for (const { id } of torn) records.drop(id)
      mend()
    },
  }

  /** That stand for it where no platform is asked for. */
  function namesFor({ id }: ImageRecord): string[] {
    return names.standingFor(id).map(({ key }) => key)
  }

  /** Digests go with the last tag of their repository. */
  function digestsWith(key: string, record: ImageRecord, others: readonly string[]): string[] {
    const repository = repositoryOf(key)
    if (key.includes('@') || others.some(name => repositoryOf(name) === repository)) return []
    return namesFor(record).filter(name => name.includes('@') && repositoryOf(name) === repository)
  }

  /** Images that have no names but these. */
  function leavingWith(record: ImageRecord, dropped: readonly string[]): ImageRecord[] {
    const beside = dropped.flatMap(name => listedIn(names.get(name)?.index))
    const candidates = new Map([record, ...beside].map(one => [one.id, one]))
    return [...candidates.values()].filter(one => names.of(one).every(name => dropped.includes(name)))
  }

  /** `helps`: by force it may be done though a stopped container has an image. */
  function refuseUsed(
    leaving: readonly ImageRecord[],
    { force, helps }: { force: boolean; helps: boolean },
    what: string,
  ): void {
    const users = leaving.flatMap(record => usersOf(record.id).map(user => ({ ...user, record })))
    const running = users.find(user => user.running)
    const user = running ?? (force && helps ? undefined : users[0])
    if (!user) return
    const how = running || !helps ? 'cannot be forced' : 'must be forced'
    throw new ComposeError(
      'conflict',
      `conflict: unable to ${what} (${how}) - container ${user.name} is using its referenced image ${shortId(user.record.id)}`,
    )
  }

  /** `shown`: the names that are told of. */
  function drop(leaving: readonly ImageRecord[], dropped: readonly string[], shown: readonly string[]): Removed[] {
    // While the indexes still tell.
    const content = {
      layers: leaving.flatMap(({ diffIds }) => chainIds(diffIds)),
      blobs: [
        ...leaving.flatMap(({ id, blobs }) => [id, ...blobs]),
        ...keptByIndexes(names.all().map(({ index }) => index)),
      ],
    }
    for (const name of dropped) {
      const id = names.get(name)?.imageId ?? ''
      names.drop(name)
      if (shown.includes(name)) events.emit('image', 'untag', id, { name })
    }
    for (const { id } of leaving) records.drop(id)
    mend()
    collect(content)
    for (const { id } of leaving) events.emit('image', 'delete', id, { name: id })
    return [...shown.map(Untagged => ({ Untagged })), ...leaving.map(({ id }) => ({ Deleted: id }))]
  }

  /** A name whose image has gone stands for another of its index, or goes too. */
  function mend(): void {
    for (const { key, ...name } of names.all()) {
      if (records.get(name.imageId)) continue
      const [other] = listedIn(name.index)
      if (other) names.put(key, { ...name, imageId: other.id })
      else names.drop(key)
    }
  }
}
