import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type TarHead, tarEnd, tarHead } from '../../shared/tar/header.ts'
import { readTar } from '../../shared/tar/read.ts'
import { writeTar } from '../../shared/tar/write.ts'
import { extract, renameEntries } from './extract.ts'

const place = () => mkdtempSync(join(tmpdir(), 'extract-'))
const same = (name: string) => name
const common = { mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 1000 }
const archive = (...heads: Pick<TarHead, 'kind' | 'name' | 'target'>[]) =>
  Buffer.concat([...heads.map(head => tarHead({ ...common, ...head })), tarEnd()])

async function* chunks(tar: Buffer) {
  yield tar
}

test('files, folders and links come with mode and time', async t => {
  const folder = place()
  t.after(() => rmSync(folder, { recursive: true }))
  const tar = Buffer.concat([
    archive({ kind: 'folder', name: 'd/' }, { kind: 'symlink', name: 'd/l', target: '/media/a' }).subarray(0, -1024),
    writeTar([{ path: 'd/a', content: 'alpha', mode: 0o640, uid: 1, gid: 1 }], 2000),
  ])
  await extract(chunks(tar), { folder, rename: name => name.replace(/^d/, 'e'), owners: false })
  assert.equal(readFileSync(join(folder, 'e/a'), 'utf8'), 'alpha')
  assert.equal(lstatSync(join(folder, 'e/a')).mode & 0o777, 0o640)
  assert.equal(lstatSync(join(folder, 'e/a')).mtimeMs, 2_000_000)
  assert.equal(lstatSync(join(folder, 'e')).mtimeMs, 1_000_000)
  assert.equal(readlinkSync(join(folder, 'e/l')), '/media/a')
})

const attacks: [string, Buffer][] = [
  ['a name that climbs', archive({ kind: 'folder', name: '../out/' })],
  ['an absolute name', archive({ kind: 'folder', name: '/tmp/out/' })],
  [
    'a way through a link',
    archive({ kind: 'symlink', name: 'l', target: '/tmp' }, { kind: 'folder', name: 'l/tsc-out/' }),
  ],
  ['a hard link that climbs', archive({ kind: 'hardLink', name: 'x', target: '../../etc/passwd' })],
]

for (const [name, tar] of attacks)
  test(`refused: ${name}`, async t => {
    const folder = place()
    t.after(() => rmSync(folder, { recursive: true }))
    await assert.rejects(extract(chunks(tar), { folder, rename: same, owners: false }), /archive/)
    assert.equal(existsSync('/tmp/tsc-out') || existsSync(join(folder, '../out')), false)
  })

test('an archive under other names has the same content', async () => {
  const tar = writeTar([{ path: 'a/b', content: 'x'.repeat(1000), mode: 0o600, uid: 3, gid: 4 }], 5)
  const found: string[] = []
  for await (const { entry, content } of readTar(renameEntries(chunks(tar), name => name.replace('a/', 'z/')))) {
    let size = 0
    for await (const piece of content()) size += piece.length
    found.push(`${entry.name} ${entry.uid}:${entry.gid} ${size}`)
  }
  assert.deepEqual(found, ['z/b 3:4 1000'])
})
