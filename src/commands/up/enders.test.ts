import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aborting, type Ender, endedBy } from './enders.ts'

const never = new Promise<void>(() => {})
const ender = (when: Promise<void>, code: number, asked: number[] = []): Ender => ({
  when,
  async end() {
    asked.push(code)
    return code
  },
})

test('the first reason decides, and only it is asked to end the session', async () => {
  const asked: number[] = []
  assert.equal(await endedBy([ender(never, 0, asked), ender(Promise.resolve(), 130, asked)]), 130)
  assert.deepEqual(asked, [130])
})

test('of reasons that hold already the one that stands first decides', async () => {
  assert.equal(await endedBy([ender(Promise.resolve(), 1), ender(Promise.resolve(), 2)]), 1)
})

test('a reason that fails ends the session with its error', async () => {
  await assert.rejects(endedBy([ender(never, 0), ender(Promise.reject(new Error('engine lost')), 1)]), /engine lost/)
})

test('a signal that has fired, and one that fires later', async () => {
  const stop = new AbortController()
  const later = aborting(stop.signal)
  stop.abort()
  await later
  await aborting(stop.signal)
})
