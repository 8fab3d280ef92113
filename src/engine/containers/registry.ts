// All containers, found by id, by the beginning of an id, or by name.
import { ComposeError } from '../../shared/errors.ts'
import type { Collection } from '../store/database.ts'
import type { ContainerRecord } from './record.ts'

export interface Registry {
  get(nameOrId: string): ContainerRecord
  find(nameOrId: string): ContainerRecord | undefined
  all(): ContainerRecord[]
  /** Before a side effect: throws when it can't be written. */
  save(record: ContainerRecord): void
  /** After one: what can't be written now is written later. */
  keep(record: ContainerRecord): void
  drop(record: ContainerRecord): void
  /** Throws when the name is taken or invalid; returns it without a leading slash. */
  freeName(wanted: string | undefined): string
}

export function createRegistry(store: Collection<ContainerRecord>): Registry {
  const names = new Map(store.all().map(({ name, id }) => [name, id]))
  const registry: Registry = {
    find(nameOrId) {
      const name = nameOrId.replace(/^\//, '')
      const exact = store.get(nameOrId) ?? store.get(names.get(name) ?? '')
      if (exact || !/^[0-9a-f]+$/.test(nameOrId)) return exact
      const beginning = store.ids().filter(id => id.startsWith(nameOrId))
      return beginning.length === 1 ? store.get(beginning[0] ?? '') : undefined
    },
    get(nameOrId) {
      const record = registry.find(nameOrId)
      if (!record) throw new ComposeError('not_found', `No such container: ${nameOrId}`)
      return record
    },
    all: () => store.all(),
    save(record) {
      store.put(record.id, record)
      name(record)
    },
    keep(record) {
      store.keep(record.id, record)
      name(record)
    },
    drop(record) {
      names.delete(record.name)
      store.drop(record.id)
    },
    freeName(wanted) {
      const name = wanted?.replace(/^\//, '') || randomName(names)
      if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
        throw new ComposeError(
          'invalid_argument',
          `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
        )
      }
      const holder = names.get(name)
      if (holder) {
        throw new ComposeError(
          'conflict',
          `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
        )
      }
      return name
    },
  }
  return registry

  function name(record: ContainerRecord): void {
    for (const [other, id] of names) if (id === record.id && other !== record.name) names.delete(other)
    names.set(record.name, record.id)
  }
}

const adjectives =
  'brave calm clever eager gentle happy keen kind lively lucid modest proud quick quiet sharp sunny warm wise'.split(
    ' ',
  )
const people =
  'babbage boole curie dijkstra franklin gauss germain hamilton hopper johnson knuth lamport lovelace noether shannon turing wing'.split(
    ' ',
  )

function randomName(taken: ReadonlyMap<string, string>): string {
  const pick = (words: string[]) => words[Math.floor(Math.random() * words.length)]
  for (let suffix = 0; ; suffix++) {
    const name = `${pick(adjectives)}_${pick(people)}${suffix > 3 ? suffix : ''}`
    if (!taken.has(name)) return name
  }
}
