import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressionIn } from './compression.ts'

test('what is compressed is told by its first bytes, however few there are', () => {
  const text = Buffer.from('some text')
  assert.deepEqual([gzipSync(text), zstdCompressSync(text), text].map(compressionIn), ['gzip', 'zstd', 'none'])
  assert.deepEqual([Buffer.from([0x1f]), Buffer.from([0x28, 0xb5]), Buffer.alloc(0)].map(compressionIn), [
    'none',
    'none',
    'none',
  ])
})
