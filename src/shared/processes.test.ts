import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootId, identify, isAlive } from './processes.ts'

test('a process is itself, and no other of its id', () => {
  const self = identify(process.pid)
  assert.ok(self && isAlive(self))
  assert.equal(isAlive({ ...self, startTime: `0 ${bootId}` }), false)
})

test('a process of another boot is a stranger, even with the same id and start time', () => {
  const self = identify(process.pid)
  assert.ok(self)
  assert.equal(isAlive({ ...self, startTime: self.startTime.replace(bootId, 'another') }), false)
})
