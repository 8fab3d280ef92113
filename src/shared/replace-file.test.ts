import assert from 'node:assert/strict'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { replaceFile } from './replace-file.ts'

test('who has the file open goes on with the old text, and who opens it has the new one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-replace-'))
  const path = join(folder, 'pid')
  try {
    replaceFile(path, 'old')
    const reader = openSync(path, 'r')
    replaceFile(path, 'new')
    assert.equal(readFileSync(reader, 'utf8'), 'old')
    assert.equal(readFileSync(path, 'utf8'), 'new')
    assert.deepEqual(readdirSync(folder), ['pid'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
