import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ComposeError, type ErrorCode } from '../../shared/errors.ts'
import { codeOf, statusOf } from './status.ts'

test('a code comes back as itself, or as the first of those with its status', () => {
  const back: Record<ErrorCode, ErrorCode> = {
    invalid_argument: 'invalid_argument',
    failed_precondition: 'invalid_argument',
    permission_denied: 'permission_denied',
    not_found: 'not_found',
    conflict: 'conflict',
    already_exists: 'conflict',
    canceled: 'canceled',
    unknown: 'unknown',
    internal: 'unknown',
    not_implemented: 'not_implemented',
    unavailable: 'unavailable',
    deadline_exceeded: 'deadline_exceeded',
  }
  // The keys are those of the record.
  for (const [code, expected] of Object.entries(back) as [ErrorCode, ErrorCode][])
    assert.equal(codeOf(statusOf(new ComposeError(code, 'x'))), expected, code)
})

test('a status of a proxy or of a Docker Engine', () => {
  assert.deepEqual([401, 418, 500, 502].map(codeOf), ['permission_denied', 'unknown', 'unknown', 'unknown'])
  assert.equal(statusOf(new Error('x')), 500)
})
