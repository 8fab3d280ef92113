import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findProgram, pathFolders } from './programs.ts'

test('the first file that may be run is found, and no folder, text or path', t => {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [first, second] = ['first', 'second'].map(name => join(folder, name))
  assert.ok(first && second)
  for (const path of [first, second]) mkdirSync(path)
  mkdirSync(join(first, 'one'))
  writeFileSync(join(first, 'two'), 'a text', { mode: 0o644 })
  for (const name of ['one', 'two']) writeFileSync(join(second, name), '#!/bin/sh\n', { mode: 0o755 })
  const folders = pathFolders(`:${first}::${second}`)
  assert.deepEqual(folders, [first, second])
  assert.equal(findProgram('one', folders), join(second, 'one'))
  assert.equal(findProgram('two', folders), join(second, 'two'))
  assert.equal(findProgram('../second/one', folders), undefined)
})
