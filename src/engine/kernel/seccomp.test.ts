import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFilter } from './seccomp.ts'

test('a filter is compiled without a file, which a kill or a full disk could be in the way of', () => {
  const { TMPDIR } = process.env
  process.env.TMPDIR = '/nowhere'
  try {
    const filter = compileFilter([{ names: ['read', 'write'] }], ['read', 'write', 'openat'])
    assert.ok(filter.length > 80 && filter.length % 8 === 0, String(filter.length))
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
})
