import assert from 'node:assert/strict'
import { test } from 'node:test'
import { naturalOrder } from './natural-order.ts'

test('numbers by value, letters after anything else', () => {
  const keys = ['b', 'a10', 'a2', 'a', '10', '9', 'x-y', 'x_y', 'xy', 'A', 'a02', 'é']
  assert.deepEqual(keys.sort(naturalOrder), ['9', '10', 'A', 'a', 'a2', 'a02', 'a10', 'b', 'x-y', 'x_y', 'xy', 'é'])
})
