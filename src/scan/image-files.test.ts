import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type TarHead, tarEnd, tarHead } from '../shared/tar/header.ts'
import { writeTar } from '../shared/tar/write.ts'
import { imageFiles } from './image-files.ts'

const file = (path: string, content: string | Uint8Array = '') => ({ path, content, mode: 0o644, uid: 0, gid: 0 })
const layer = (files: Record<string, string>) => writeTar(Object.entries(files).map(one => file(...one)))
const link = (kind: TarHead['kind'], name: string, target: string) =>
  tarHead({ kind, name, target, mode: 0o777, uid: 0, gid: 0, size: 0, mtime: 0 })
const withoutEnd = (tar: Buffer) => tar.subarray(0, tar.length - tarEnd().length)

/** As the engine sends it: blobs first, in no order, the list of layers last; in pieces that fit nothing. */
async function filesOf(layers: Record<string, Buffer>, order = Object.keys(layers), more: Buffer[] = []) {
  const blobs = Object.entries(layers).map(([name, content]) => file(name, content))
  const manifest = JSON.stringify([{ Config: 'c', Layers: order }])
  const rest = writeTar([...blobs, file('c', '{}'), file('manifest.json', manifest)])
  const whole = Buffer.concat([...more, rest])
  const pieces = (async function* () {
    for (let at = 0; at < whole.length; at += 700) yield whole.subarray(at, at + 700)
  })()
  const files = await imageFiles(pieces)
  return Object.fromEntries([...files].map(([path, content]) => [path, content?.toString() ?? null]))
}

const status = 'var/lib/dpkg/status'

test('a file of an upper layer counts, whatever comes first in the archive; others are not kept', async () =>
  assert.deepEqual(
    await filesOf({ b: layer({ [status]: 'new', 'bin/sh': 'x' }), a: layer({ [status]: 'old' }) }, ['a', 'b']),
    { [status]: 'new' },
  ))

test('compressed layers are read', async () =>
  assert.deepEqual(
    await filesOf({
      a: gzipSync(layer({ 'etc/os-release': 'ID=x' })),
      b: zstdCompressSync(layer({ 'lib/apk/db/installed': 'P:y' })),
    }),
    { 'etc/os-release': 'ID=x', 'lib/apk/db/installed': 'P:y' },
  ))

test('what an upper layer deletes, empties or replaces is gone', async () => {
  const base = layer({
    'a/node_modules/p/package.json': 'p',
    'b/node_modules/q/package.json': 'q',
    'c/node_modules/r/package.json': 'r',
    'd/node_modules/s/package.json': 's',
    [status]: 'kept',
  })
  const upper = Buffer.concat([
    withoutEnd(layer({ 'a/node_modules/.wh.p': '', 'b/.wh.node_modules': '', 'c/node_modules/.wh..wh..opq': '' })),
    link('symlink', 'd', 'elsewhere'),
    tarEnd(),
  ])
  assert.deepEqual(await filesOf({ base, upper }), { [status]: 'kept' })
})

test('what a layer has itself is not hidden by its own marks', async () =>
  assert.deepEqual(
    await filesOf({
      base: layer({ 'node_modules/p/package.json': 'old' }),
      upper: layer({ 'node_modules/p/.wh..wh..opq': '', 'node_modules/p/package.json': 'new' }),
    }),
    { 'node_modules/p/package.json': 'new' },
  ))

test('hard links have the content of their other name; an old rpm database is only noted', async () => {
  const linked = Buffer.concat([
    withoutEnd(layer({ 'node_modules/a/package.json': 'A', 'var/lib/rpm/Packages': 'R' })),
    link('hardLink', 'x/node_modules/a/package.json', 'node_modules/a/package.json'),
    tarEnd(),
  ])
  assert.deepEqual(await filesOf({ linked }), {
    'node_modules/a/package.json': 'A',
    'x/node_modules/a/package.json': 'A',
    'var/lib/rpm/Packages': null,
  })
})

test('layers that are links, as older Dockers write them', async () =>
  assert.deepEqual(
    await filesOf(
      { 'one/layer.tar': layer({ [status]: 'S' }) },
      ['two/layer.tar'],
      [link('symlink', 'two/layer.tar', '../one/layer.tar')],
    ),
    { [status]: 'S' },
  ))

test('an archive that lacks a layer, or its list, is refused', async () => {
  await assert.rejects(filesOf({}, ['a']), /has no layer a$/)
  await assert.rejects(imageFiles((async function* () {})()), /has no manifest\.json$/)
})
