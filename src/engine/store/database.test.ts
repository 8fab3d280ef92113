import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { parseNamespaces } from '../containers/namespaces.ts'
import { migrations, openDatabase } from './database.ts'

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
    volumes.drop('b')
  }
  using again = openDatabase(path)
  assert.deepEqual(again.collection('volumes').all(), [{ size: 2 }])
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('what can not be written now is true in memory, and on disk later', () => {
  const path = join(folder, 'late.db')
  const database = openDatabase(path, { patience: 10 })
  const volumes = database.collection<number>('volumes')
  volumes.put('gone', 1)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  assert.throws(() => volumes.put('refused', 1), /locked/)
  volumes.keep('kept', 1)
  volumes.keep('kept', 2)
  volumes.drop('gone')
  assert.deepEqual([volumes.get('refused'), volumes.get('kept'), volumes.get('gone')], [undefined, 2, undefined])
  other.exec('ROLLBACK')
  other.close()
  assert.equal(database.catchUp(), true)
  database[Symbol.dispose]()
  using again = openDatabase(path)
  assert.deepEqual(again.collection('volumes').all(), [2])
})

test('a state of an earlier version is brought to this one, step by step, with what it holds', () => {
  const path = join(folder, 'earlier.db')
  {
    using database = openDatabase(path)
    database.collection<{ size: number }>('volumes').put('a', { size: 1 })
  }
  const steps = [
    ...migrations,
    "UPDATE volumes SET body = json_set(body, '$.size', 2)",
    "UPDATE volumes SET body = json_set(body, '$.size', json_extract(body, '$.size') * 10)",
  ]
  for (let times = 0; times < 2; times++) {
    using database = openDatabase(path, { steps })
    assert.deepEqual(database.collection('volumes').all(), [{ size: 20 }])
  }
  assert.throws(() => openDatabase(path), /newer version/)
  const broken = [...steps, 'UPDATE volumes SET body = 1', 'no SQL']
  assert.throws(() => openDatabase(path, { steps: broken }))
  using database = openDatabase(path, { steps: broken.slice(0, -1) })
  assert.deepEqual(database.collection('volumes').all(), [1], 'the step before the broken one was kept')
})

test('a state from the future is refused', () => {
  const path = join(folder, 'future.db')
  openDatabase(path)[Symbol.dispose]()
  const raw = new DatabaseSync(path)
  raw.exec('PRAGMA user_version = 999')
  raw.close()
  assert.throws(() => openDatabase(path), /newer version \(999/)
})

test('the state of the first version gets lists of addresses', () => {
  const path = join(folder, 'first.db')
  const endpoints = [
    {
      networkId: 'n',
      requestedAddress: '10.0.0.9',
      active: { id: 'e', address: '10.0.0.9', prefix: 24, gateway: '10.0.0.1', mac: 'm' },
    },
    { networkId: 'o' },
  ]
  {
    using first = openDatabase(path, { steps: migrations.slice(0, 1) })
    first.collection('containers').put('c', { id: 'c', endpoints })
    first.collection('containers').put('d', { id: 'd', endpoints: [] })
    first.collection('networks').put('n', { id: 'n', leases: { '10.0.0.9': 'e' }, lastLease: '10.0.0.9' })
    first.collection('networks').put('o', { id: 'o', leases: {} })
  }
  using second = openDatabase(path, { steps: migrations.slice(0, 2) })
  const addresses = [{ address: '10.0.0.9', prefix: 24, gateway: '10.0.0.1' }]
  assert.deepEqual(second.collection('containers').all(), [
    {
      id: 'c',
      endpoints: [
        { networkId: 'n', requestedAddresses: ['10.0.0.9'], active: { id: 'e', mac: 'm', addresses } },
        { networkId: 'o', requestedAddresses: [], active: null },
      ],
    },
    { id: 'd', endpoints: [] },
  ])
  assert.deepEqual(second.collection('networks').all(), [
    { id: 'n', leases: { '10.0.0.9': 'e' }, lastLeases: { 4: '10.0.0.9' } },
    { id: 'o', leases: {}, lastLeases: {} },
  ])
})

test('a state with namespace modes in words has them as values', () => {
  const path = join(mkdtempSync(join(folder, 'modes-')), 'engine.db')
  const modes: (Parameters<typeof parseNamespaces>[0] & { Memory?: number })[] = [
    { NetworkMode: 'shop_front', IpcMode: 'private', CgroupnsMode: 'host', Memory: 1 },
    {
      NetworkMode: 'container:a',
      IpcMode: 'container:b',
      PidMode: 'container:c',
      UTSMode: 'host',
      CgroupnsMode: 'private',
    },
    { NetworkMode: 'none', IpcMode: 'shareable', PidMode: 'host', UTSMode: '' },
    {},
  ]
  {
    using first = openDatabase(path, { steps: migrations.slice(0, 2) })
    for (const [index, hostConfig] of modes.entries()) first.collection('containers').put(String(index), { hostConfig })
  }
  using second = openDatabase(path, { steps: migrations.slice(0, 3) })
  const { Memory: _, ...words } = modes[0] ?? {}
  assert.deepEqual(second.collection('containers').all(), [
    { hostConfig: { Memory: 1 }, namespaces: parseNamespaces(words) },
    ...modes.slice(1).map(known => ({ hostConfig: {}, namespaces: parseNamespaces(known) })),
  ])
})

test('a state in the shapes of the Engine API has our names', () => {
  const path = join(mkdtempSync(join(folder, 'names-')), 'engine.db')
  {
    using first = openDatabase(path, { steps: migrations.slice(0, 3) })
    first.collection('containers').put('c', {
      id: 'c',
      config: { Env: ['A=1'], Labels: { 'Com.Example': 'X' }, Healthcheck: { Test: ['NONE'] }, Cmd: null },
      hostConfig: {
        Memory: 1,
        BlkioDeviceReadIOps: [{ Path: '/dev/sda', Rate: 2 }],
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
        LogConfig: { Type: 'local', Config: { 'Max-Size': '1m' } },
        Mounts: [{ Type: 'bind', BindOptions: { CreateMountpoint: true } }],
      },
      health: { status: 'healthy', log: [{ Start: 's', End: 'e', ExitCode: 0, Output: 'o' }] },
    })
    first.collection('networks').put('n', {
      id: 'n',
      ipam: {
        driver: 'default',
        config: [{ Subnet: '10.0.0.0/24', IPRange: '10.0.0.0/28', AuxiliaryAddresses: { A: '10.0.0.5' } }],
      },
    })
  }
  using second = openDatabase(path)
  assert.deepEqual(second.collection('containers').all(), [
    {
      id: 'c',
      config: { env: ['A=1'], labels: { 'Com.Example': 'X' }, healthcheck: { test: ['NONE'] }, cmd: null },
      host: {
        memory: 1,
        blkioDeviceReadIOps: [{ path: '/dev/sda', rate: 2 }],
        portBindings: { '80/tcp': [{ hostIp: '', hostPort: '8080' }] },
        logConfig: { type: 'local', config: { 'Max-Size': '1m' } },
        mounts: [{ type: 'bind', bindOptions: { createMountpoint: true } }],
      },
      health: { status: 'healthy', log: [{ start: 's', end: 'e', exitCode: 0, output: 'o' }] },
    },
  ])
  assert.deepEqual(second.collection('networks').all(), [
    {
      id: 'n',
      ipam: {
        driver: 'default',
        config: [{ subnet: '10.0.0.0/24', ipRange: '10.0.0.0/28', auxiliaryAddresses: { A: '10.0.0.5' } }],
      },
    },
  ])
})
