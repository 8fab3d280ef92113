import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { readTar } from './read.ts'
import { type TarFile, writeTar } from './write.ts'

async function readBack(archive: Buffer): Promise<TarFile[]> {
  const files: TarFile[] = []
  for await (const { entry, content } of readTar(pieces(archive))) {
    const chunks: Buffer[] = []
    for await (const chunk of content()) chunks.push(chunk)
    const { name, mode, uid, gid } = entry
    files.push({ path: name, content: Buffer.concat(chunks).toString(), mode, uid, gid })
  }
  return files
}

async function* pieces(archive: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < archive.length; at += 700) yield archive.subarray(at, at + 700)
}

const file = (own: Partial<TarFile>): TarFile => ({ path: 'a', content: 'x', mode: 0o440, uid: 0, gid: 0, ...own })

for (const path of [
  'a'.repeat(100),
  'a'.repeat(101),
  `run/${'deep/'.repeat(40)}secret`,
  `run/${'n'.repeat(250)}`,
  'run/geheimnis-größe',
])
  test(`a path of ${Buffer.byteLength(path)} bytes comes back, and tar(1) reads it`, async () => {
    const archive = writeTar([file({ path: `/${path}` }), file({ path: 'after', content: '' })])
    assert.deepEqual(
      (await readBack(archive)).map(one => one.path),
      [path, 'after'],
    )
    const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', '-'], { input: archive, encoding: 'utf8' })
    assert.deepEqual(listed.trim().split('\n'), [path, 'after'])
  })

test('any file comes back', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).filter(text => !/\0|^\/|\/$/.test(text))
  const files = fc.array(
    fc.record({
      path: name,
      content: fc.string({ unit: 'grapheme', maxLength: 2000 }),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
      gid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
    }),
    { maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(files, async wanted => {
      assert.deepEqual(
        await readBack(writeTar(wanted)),
        wanted.map(one => ({ ...one })),
      )
    }),
  )
})
