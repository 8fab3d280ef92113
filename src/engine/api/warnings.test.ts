import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerWarnings, networkWarnings } from './warnings.ts'

test('what has no effect is told by name, what has is not', () => {
  assert.deepEqual(containerWarnings({ LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', tag: 'x' } } }), [
    'logging option tag has no effect on this engine yet',
  ])
  assert.deepEqual(containerWarnings({}), [])
  const Options = { 'com.docker.network.bridge.name': 'br0', 'com.docker.network.driver.mtu': '1400' }
  assert.deepEqual(networkWarnings({ Name: 'n', Options }), [
    'option com.docker.network.bridge.name of network n has no effect on this engine yet',
  ])
})
