// The engine's state: SQLite, one writer. Each collection is read once at start and kept in memory; every change
// is on disk before the function that made it returns.
import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { toOwn } from '../../docker/protocol/own-names.ts'
import { ComposeError } from '../../shared/errors.ts'

/** An endpoint has a list of addresses, each with its prefix and gateway; a network knows the last one by family. */
const addressLists = `
  UPDATE containers SET body = json_set(body, '$.endpoints', (
    SELECT json_group_array(json(json_set(
      json_remove(value, '$.requestedAddress'),
      '$.requestedAddresses',
      json(CASE WHEN value ->> '$.requestedAddress' IS NULL THEN '[]' ELSE json_array(value ->> '$.requestedAddress') END),
      '$.active',
      json(CASE WHEN value -> '$.active' IS NULL THEN 'null' ELSE json_set(
        json_remove(value -> '$.active', '$.address', '$.prefix', '$.gateway'),
        '$.addresses',
        json_array(json_object(
          'address', value ->> '$.active.address',
          'prefix', value ->> '$.active.prefix',
          'gateway', value ->> '$.active.gateway'
        ))
      ) END)
    ))) FROM json_each(body, '$.endpoints')
  ));
  UPDATE networks SET body = json_set(
    json_remove(body, '$.lastLease'),
    '$.lastLeases',
    json(CASE WHEN body ->> '$.lastLease' IS NULL THEN '{}' ELSE json_object('4', body ->> '$.lastLease') END)
  );`

/** Namespace modes are values; in the host configuration they were Docker's words. */
const namespaceValues = `
  UPDATE containers SET body = json_set(
    json_remove(body, '$.hostConfig.NetworkMode', '$.hostConfig.IpcMode', '$.hostConfig.PidMode',
      '$.hostConfig.UTSMode', '$.hostConfig.CgroupnsMode'),
    '$.namespaces', json_object(
      'network', json(${modeValue('NetworkMode', ['host', 'none'], "json_object('kind', 'network', 'network', coalesce(%, 'bridge'))")}),
      'ipc', json(${modeValue('IpcMode', ['shareable', 'none', 'host'])}),
      'pid', json(${modeValue('PidMode', ['host'])}),
      'uts', json(${modeValue('UTSMode', ['host'])}),
      'cgroup', json(${modeValue('CgroupnsMode', ['host'])})
    )
  );`

/** What is kept has our names; it was in the shapes of the Engine API. */
function ownNames(database: DatabaseSync): void {
  rewrite(database, 'containers', ({ hostConfig, config, health, ...record }) => ({
    ...record,
    config: toOwn(config, 'ContainerConfig'),
    host: toOwn(hostConfig, 'HostConfig'),
    ...(isRecord(health) ? { health: { ...health, log: listOf(health.log).map(uncapitalized) } } : {}),
  }))
  rewrite(database, 'networks', ({ ipam, ...record }) => ({
    ...record,
    ...(isRecord(ipam)
      ? { ipam: { ...ipam, config: listOf(ipam.config).map(pool => toOwn(pool, 'IPAMConfig')) } }
      : {}),
  }))
}

type Body = Record<string, unknown>

function rewrite(database: DatabaseSync, table: CollectionName, change: (body: Body) => Body): void {
  const write = database.prepare(`UPDATE ${table} SET body = ? WHERE id = ?`)
  for (const { id, body } of database.prepare(`SELECT id, body FROM ${table}`).all()) {
    const value: unknown = JSON.parse(String(body))
    if (isRecord(value)) write.run(JSON.stringify(change(value)), String(id))
  }
}

const isRecord = (value: unknown): value is Body => typeof value === 'object' && value !== null
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const uncapitalized = (value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), item]))
    : value

/** As SQL; `%` in what holds for all other words is the word. */
function modeValue(name: string, kinds: string[], other = "json_object('kind', 'private')"): string {
  const word = `body ->> '$.hostConfig.${name}'`
  const list = kinds.map(kind => `'${kind}'`).join(', ')
  return `CASE
    WHEN ${word} LIKE 'container:%' THEN json_object('kind', 'container', 'container', substr(${word}, 11))
    WHEN ${word} IN (${list}) THEN json_object('kind', ${word})
    ELSE ${other.replace('%', word)} END`
}

/** As SQL, or by a function within the same transaction. */
type Step = string | ((database: DatabaseSync) => void)

/** Each entry brings the state from its index to the next version. Append only. */
export const migrations: readonly Step[] = [
  ['containers', 'networks', 'volumes', 'images', 'layers', 'tags', 'settings']
    .map(name => `CREATE TABLE ${name} (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`)
    .join('\n'),
  addressLists,
  namespaceValues,
  ownNames,
  ['build_cache', 'build_digests']
    .map(name => `CREATE TABLE ${name} (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`)
    .join('\n'),
]

export type CollectionName =
  | 'containers'
  | 'networks'
  | 'volumes'
  | 'images'
  | 'layers'
  | 'tags'
  | 'settings'
  | 'build_cache'
  | 'build_digests'

export interface Collection<T> {
  get(id: string): T | undefined
  all(): T[]
  ids(): string[]
  /** Throws when it can't be written; memory then holds what it held. */
  put(id: string, value: T): void
  /**
   * For what has happened already and is true whether or not it can be written: a write that fails (a full disk) is
   * made later.
   */
  keep(id: string, value: T): void
  /** Deletes, in the same way. */
  drop(id: string): void
}

export interface Database extends Disposable {
  collection<T>(name: CollectionName): Collection<T>
  /** Writes what could not be written; false when something still can't. */
  catchUp(): boolean
}

/** Opens or creates the state file; refuses one that a newer version wrote. `patience`: milliseconds for a lock. */
export function openDatabase(path: string, { patience = 2000, steps = migrations } = {}): Database {
  const database = new DatabaseSync(path)
  chmodSync(path, 0o600)
  // NORMAL survives the end of the process at any instruction; only a power cut may take the last changes.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${patience};`)
  migrate(database, path, steps)
  /** Writes that failed, by collection and id: the newest of each. */
  const late = new Map<string, () => void>()
  const catchUp = () => {
    for (const [key, write] of late) {
      try {
        write()
        late.delete(key)
      } catch {
        return false
      }
    }
    return true
  }
  return {
    collection: name => collection(database, name, late, catchUp),
    catchUp,
    [Symbol.dispose]() {
      catchUp()
      database.close()
    },
  }
}

function migrate(database: DatabaseSync, path: string, steps: readonly Step[]): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (version > steps.length) {
    throw new ComposeError(
      'failed_precondition',
      `the engine's state is of a newer version (${version}, this one knows ${steps.length})`,
      {
        path,
        hint: 'use the newer tsc-compose, or another data root by TSC_COMPOSE_ROOT',
      },
    )
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue
    database.exec('BEGIN IMMEDIATE')
    if (typeof step === 'string') database.exec(step)
    else step(database)
    database.exec(`PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

/** What could not be written yet goes into `late`. */
function collection<T>(
  database: DatabaseSync,
  name: CollectionName,
  late: Map<string, () => void>,
  catchUp: () => void,
): Collection<T> {
  const write = database.prepare(
    `INSERT INTO ${name} (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
  )
  const remove = database.prepare(`DELETE FROM ${name} WHERE id = ?`)
  const values = new Map<string, T>()
  for (const row of database.prepare(`SELECT id, body FROM ${name}`).iterate()) {
    // Only put() below writes bodies, and it takes nothing but T.
    values.set(String(row.id), JSON.parse(String(row.body)) as T)
  }
  const writeNow = (id: string, value: T) => {
    write.run(id, JSON.stringify(value))
    late.delete(`${name}/${id}`)
  }
  const removeNow = (id: string) => {
    remove.run(id)
    late.delete(`${name}/${id}`)
  }
  const soonOrLate = (id: string, act: () => void) => {
    try {
      act()
    } catch {
      late.set(`${name}/${id}`, act)
    }
  }
  return {
    get: id => values.get(id),
    all: () => [...values.values()],
    ids: () => [...values.keys()],
    put(id, value) {
      writeNow(id, value)
      values.set(id, value)
      // What could be written now says that there is room again.
      if (late.size > 0) catchUp()
    },
    keep(id, value) {
      values.set(id, value)
      soonOrLate(id, () => writeNow(id, value))
    },
    drop(id) {
      values.delete(id)
      soonOrLate(id, () => removeNow(id))
    },
  }
}
