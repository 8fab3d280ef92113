import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pushedInstead } from './pushed-instead.ts'

test('a push of one platform in place of an index is told, any other is not', () => {
  const selectedManifest = { digest: 'sha256:1', platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }
  assert.equal(
    pushedInstead({ manifestPushedInsteadOfIndex: true, selectedManifest }),
    'only the image for linux/arm64/v8 was pushed: not all that its index lists is here',
  )
  assert.match(
    pushedInstead({ manifestPushedInsteadOfIndex: true, selectedManifest: { digest: 'sha256:1' } }) ?? '',
    /only sha256:1 was/,
  )
  for (const other of [undefined, { Tag: '1', Digest: 'sha256:1', Size: 2 }])
    assert.equal(pushedInstead(other), undefined)
})
