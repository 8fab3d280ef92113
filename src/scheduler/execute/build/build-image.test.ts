import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantsBuildKit } from './build-image.ts'

test('DOCKER_BUILDKIT is a boolean, as Go reads one', () => {
  assert.equal(wantsBuildKit({}), undefined)
  assert.equal(wantsBuildKit({ DOCKER_BUILDKIT: '0' }), false)
  assert.equal(wantsBuildKit({ DOCKER_BUILDKIT: 'True' }), true)
  assert.throws(() => wantsBuildKit({ DOCKER_BUILDKIT: 'no' }), /expects boolean value/)
})
