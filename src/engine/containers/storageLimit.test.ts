import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStorageLimits } from './storageLimit.ts'

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
