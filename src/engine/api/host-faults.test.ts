import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ComposeError } from '../../shared/errors.ts'
import { explainHostFault } from './host-faults.ts'

const explained = (error: unknown) => {
  const found = explainHostFault(error, '/data')
  return found instanceof ComposeError ? [found.code, found.message, found.hint] : found
}

test('a full disk is told from the error itself and from its cause', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  assert.deepEqual(explained(full), ['failed_precondition', full.message, 'the disk is full: df -h /data'])
  assert.deepEqual(explained(new ComposeError('internal', 'unpacking failed', { cause: full })), [
    'failed_precondition',
    'unpacking failed',
    'the disk is full: df -h /data',
  ])
})

test('what has its own advice, and what is no fault of the host, stays as it is', () => {
  const own = new ComposeError('conflict', 'ENOSPC', { hint: 'mine' })
  assert.equal(explainHostFault(own, '/data'), own)
  const bug = new TypeError('x is undefined')
  assert.equal(explainHostFault(bug, '/data'), bug)
})
