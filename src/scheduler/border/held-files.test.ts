import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectOf } from '../../../test/memory-project.ts'
import { fileDigest } from '../observe/file-digest.ts'
import { changedFile, heldFiles, heldLabel, heldPaths } from './held-files.ts'

async function labelOf(content: string, file: string) {
  const project = await projectOf(
    `{services: {web: {image: i, configs: [site], secrets: [key]}}, configs: {site: {content: ${content}}}, secrets: {key: {file: ${file}}}}`,
  )
  const service = project.services.web
  assert.ok(service)
  assert.deepEqual(heldPaths(project), [file])
  return heldLabel(heldFiles(project, service), fileDigest)
}

test('what a config or a secret holds is told apart, and named', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-digests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key')
  writeFileSync(file, 'one')
  const first = await labelOf('hello', file)
  assert.match(first, /^config\/site=[0-9a-f]{12} secret\/key=[0-9a-f]{12}$/)
  assert.equal(changedFile(first, await labelOf('hello', file)), undefined)
  assert.equal(changedFile(first, await labelOf('other', file)), 'config site')
  writeFileSync(file, 'two')
  assert.equal(changedFile(first, await labelOf('hello', file)), 'secret key')
})

test('nothing is said of what can not be read, or was not known before', async () => {
  const absent = await labelOf('hello', '/absent')
  assert.match(absent, /^config\/site=[0-9a-f]{12}$/)
  assert.equal(changedFile(absent, `${absent} secret/key=0123456789ab`), undefined)
  assert.equal(changedFile('', absent), undefined)
})
