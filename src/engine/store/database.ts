// The engine's state: SQLite, one writer. Each collection is read once at start and kept in memory; every change
// is on disk before the function that made it returns.
import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ComposeError } from '../../shared/errors.ts'

/** Each entry brings the state from its index to the next version. Append only. */
const migrations: readonly string[] = [
  ['containers', 'networks', 'volumes', 'images', 'layers', 'tags', 'settings']
    .map(name => `CREATE TABLE ${name} (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`)
    .join('\n'),
]

export type CollectionName = 'containers' | 'networks' | 'volumes' | 'images' | 'layers' | 'tags' | 'settings'

export interface Collection<T> {
  get(id: string): T | undefined
  all(): T[]
  ids(): string[]
  put(id: string, value: T): void
  delete(id: string): void
}

export interface Database extends Disposable {
  collection<T>(name: CollectionName): Collection<T>
  /** All changes that `work` makes, or none. It must be synchronous. */
  transaction<T>(work: () => T): T
}

/** Opens or creates the state file; refuses one that a newer version wrote. */
export function openDatabase(path: string): Database {
  const database = new DatabaseSync(path)
  chmodSync(path, 0o600)
  // NORMAL survives the end of the process at any instruction; only a power cut may take the last changes.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;')
  migrate(database, path)
  let undo: (() => void)[] | undefined
  return {
    collection: name => collection(database, name, step => undo?.push(step)),
    transaction: work => {
      if (undo) return work()
      database.exec('BEGIN IMMEDIATE')
      undo = []
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        for (const step of undo.reverse()) step()
        throw error
      } finally {
        undo = undefined
      }
    },
    [Symbol.dispose]: () => database.close(),
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (version > migrations.length) {
    throw new ComposeError(
      'failed_precondition',
      `the engine's state is of a newer version (${version}, this one knows ${migrations.length})`,
      {
        path,
        hint: 'use the newer tsc-compose, or another data root by TSC_COMPOSE_ROOT',
      },
    )
  }
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

/** `onChange` gets what takes a change to the values in memory back. */
function collection<T>(
  database: DatabaseSync,
  name: CollectionName,
  onChange: (undo: () => void) => void,
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
  const noteUndo = (id: string) => {
    const before = values.get(id)
    onChange(() => (before === undefined ? values.delete(id) : values.set(id, before)))
  }
  return {
    get: id => values.get(id),
    all: () => [...values.values()],
    ids: () => [...values.keys()],
    put(id, value) {
      write.run(id, JSON.stringify(value))
      noteUndo(id)
      values.set(id, value)
    },
    delete(id) {
      remove.run(id)
      noteUndo(id)
      values.delete(id)
    },
  }
}
