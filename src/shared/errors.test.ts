// What an error keeps when it is told where it happened.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ComposeError, placed } from './errors.ts'

test('an error with its place is the same in all else', () => {
  const details = { kind: 'build', exitCode: 3 }
  const error = new ComposeError('not_found', 'no such image', { hint: 'pull it', details })
  const found = placed(error, 'Dockerfile:3')
  assert.ok(found instanceof ComposeError)
  const { code, message, path, hint } = found
  assert.deepEqual(
    { code, message, path, hint },
    {
      code: 'not_found',
      message: 'no such image',
      path: 'Dockerfile:3',
      hint: 'pull it',
    },
  )
  assert.equal(found.details, details)
  assert.equal(found.cause, error)
})

test('a place that is known already stays, and so does what is none of ours', () => {
  const error = new ComposeError('internal', 'x', { path: 'a:1' })
  assert.equal(placed(error, 'b:2'), error)
  const other = new TypeError('y')
  assert.equal(placed(other, 'b:2'), other)
})
