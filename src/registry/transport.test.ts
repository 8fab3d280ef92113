import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback } from './transport.ts'

test('loopback is an address, not a name that begins like one', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) assert.equal(isLoopback(host), true, host)
  for (const host of ['127.evil.example', '127.0.0.1.example', '10.0.0.1', 'localhost.example', '128.0.0.1'])
    assert.equal(isLoopback(host), false, host)
})
