import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createCacheMounts } from './cache-mounts.ts'

const root = mkdtempSync(join(tmpdir(), 'mounts-'))
after(() => rmSync(root, { recursive: true }))

test('a mount is a folder and nothing else; what a kill or an earlier version has left goes', async () => {
  mkdirSync(join(root, '.unfinished-1'))
  mkdirSync(join(root, 'earlier'))
  writeFileSync(join(root, 'earlier.json'), '{}')
  const mounts = createCacheMounts(root)
  const taken = await mounts.take({ name: 'new', isPrivate: false, fill: async () => {} })
  assert.deepEqual(mounts.names().sort(), ['earlier', 'new'])
  await mounts.sweep()
  assert.deepEqual(readdirSync(root).sort(), ['earlier', 'new'])
  taken.release()
  await mounts.remove('new')
  assert.deepEqual(readdirSync(root), ['earlier'])
})
