import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryText, sizeText } from './size-text.ts'

test('three digits in decimal units, four in binary ones', () => {
  assert.deepEqual([0, 999, 1000, 7_829_000, 1.5e9].map(sizeText), ['0B', '999B', '1kB', '7.83MB', '1.5GB'])
  assert.deepEqual([0, 1023, 1024, 3_289_088, 2 ** 34].map(memoryText), ['0B', '1023B', '1KiB', '3.137MiB', '16GiB'])
})
