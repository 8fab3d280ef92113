import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerRecord } from '../record.ts'
import { createStorageLimits } from './storage-limit.ts'

test("a size is refused in Docker's words where no quota of projects is kept, and so is another option", () => {
  const { check } = createStorageLimits('/proc')
  assert.throws(
    () => check({ size: '10G' }),
    /^ComposeError: --storage-opt is supported only for overlay over xfs with 'pquota' mount option$/,
  )
  assert.throws(() => check({ size: 'much' }), /invalid size: 'much'/)
  assert.throws(() => check({ foo: '1' }), /^ComposeError: Unknown option foo$/)
  assert.doesNotThrow(() => check({}))
  assert.doesNotThrow(() => check(undefined))
})

test('a container with a size can go also where quotas are no longer kept', () => {
  // Nothing else is read of it.
  const record = { id: 'a'.repeat(64), host: { storageOpt: { size: '1G' } } } as unknown as ContainerRecord
  assert.doesNotThrow(() => createStorageLimits('/proc').release(record))
})
