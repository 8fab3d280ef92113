import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openDatabase } from './database.ts'

const folder = mkdtempSync(join(tmpdir(), 'database-'))
after(() => rmSync(folder, { recursive: true }))

test('what was put is there after opening again, for the owner alone', () => {
  const path = join(folder, 'kept.db')
  {
    using database = openDatabase(path)
    const volumes = database.collection<{ size: number }>('volumes')
    volumes.put('a', { size: 1 })
    volumes.put('a', { size: 2 })
    volumes.put('b', { size: 3 })
    volumes.delete('b')
  }
  using again = openDatabase(path)
  assert.deepEqual(again.collection('volumes').all(), [{ size: 2 }])
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a transaction that fails changes nothing, on disk or in memory', () => {
  using database = openDatabase(join(folder, 'rolled.db'))
  const volumes = database.collection<number>('volumes')
  volumes.put('a', 1)
  assert.throws(() =>
    database.transaction(() => {
      volumes.put('a', 2)
      volumes.put('b', 2)
      volumes.delete('a')
      throw new Error('stop')
    }),
  )
  assert.deepEqual([volumes.get('a'), volumes.get('b')], [1, undefined])
  assert.deepEqual(database.collection('volumes').ids(), ['a'])
})

test('a state from the future is refused', () => {
  const path = join(folder, 'future.db')
  openDatabase(path)[Symbol.dispose]()
  const raw = new DatabaseSync(path)
  raw.exec('PRAGMA user_version = 999')
  raw.close()
  assert.throws(() => openDatabase(path), /newer version \(999/)
})
