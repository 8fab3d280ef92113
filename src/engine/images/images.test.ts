// What is removed with an image, and what stays: shared with another image, or held by who is about to use it.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../../registry/registry.ts'
import { createEventBus } from '../events/bus.ts'
import { openDatabase } from '../store/database.ts'
import { createBlobs } from './blobs.ts'
import { createImages } from './images.ts'
import { chainIds, type Layers } from './layers.ts'

const diff = (name: string) => digestOf(`layer ${name}`)

function store() {
  const folder = mkdtempSync(join(tmpdir(), 'images-'))
  const database = openDatabase(join(folder, 'engine.db'))
  const place = (chainId: string) => join(folder, 'layers', chainId)
  const layers: Layers = {
    has: chainId => existsSync(place(chainId)),
    folder: place,
    unpack: async () => 0,
    make: async () => undefined,
    adopt: async () => undefined,
    lowerFolders: () => [],
    sizeOf: async () => 1,
    all: () => (existsSync(join(folder, 'layers')) ? readdirSync(join(folder, 'layers')) : []),
    remove: chainId => rmSync(place(chainId), { recursive: true }),
    sweep() {},
  }
  const blobs = createBlobs(join(folder, 'blobs'))
  const images = createImages({ database, blobs, layers, events: createEventBus(), usersOf: () => [] })
  return {
    images,
    /** An image of these layers, as a pull leaves it. */
    add(name: string, ...layerNames: string[]) {
      const diff_ids = layerNames.map(diff)
      for (const chainId of chainIds(diff_ids)) mkdirSync(place(chainId), { recursive: true })
      const contents = layerNames.map(layer => blobs.putText(`blob ${layer}`))
      const config = blobs.putText(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { diff_ids }, name }))
      images.tag(images.add(config, contents), name)
    },
    has: (...layerNames: string[]) => layers.has(chainIds(layerNames.map(diff)).at(-1) ?? ''),
    hasBlob: (layer: string) => blobs.has(digestOf(`blob ${layer}`)),
    [Symbol.dispose]() {
      database[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

test('an image goes with all that no other image has', () => {
  using s = store()
  s.add('one', 'base', 'a')
  s.add('two', 'base', 'b')
  s.images.remove('one', false)
  assert.deepEqual([s.has('base'), s.has('base', 'a'), s.has('base', 'b')], [true, false, true])
  assert.deepEqual([s.hasBlob('base'), s.hasBlob('a')], [true, false])
})

test('what somebody is about to use stays, and is used', () => {
  using s = store()
  s.add('one', 'base', 'a')
  const lease = s.images.lease()
  lease.hold({ layers: chainIds([diff('base')]), blobs: [digestOf('blob base')] })
  s.images.remove('one', false)
  assert.deepEqual([s.has('base'), s.has('base', 'a'), s.hasBlob('base')], [true, false, true])
  s.add('two', 'base', 'b')
  lease[Symbol.dispose]()
  assert.deepEqual([s.has('base'), s.hasBlob('base')], [true, true])
})

test('what was held and not used in the end goes with the last lease', () => {
  using s = store()
  s.add('one', 'base')
  const leases = [s.images.lease(), s.images.lease()]
  for (const lease of leases) lease.hold({ layers: chainIds([diff('base')]), blobs: [digestOf('blob base')] })
  s.images.remove('one', false)
  leases[0]?.[Symbol.dispose]()
  assert.deepEqual([s.has('base'), s.hasBlob('base')], [true, true])
  leases[1]?.[Symbol.dispose]()
  assert.deepEqual([s.has('base'), s.hasBlob('base')], [false, false])
})
