import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'
import { createRestarts } from './restarts.ts'

const registry = { keep() {} } as unknown as Registry

/** A container with `restart: always` that has just ended; nothing else of a record is read. */
const ended = () =>
  ({
    id: 'a',
    host: { restartPolicy: { name: 'always' } },
    state: { status: 'exited', exitCode: 1 },
    stoppedByRequest: false,
    restartCount: 0,
  }) as unknown as ContainerRecord

test('the pause before a restart doubles, and begins anew after a good run and after a start by hand', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let starts = 0
  const record = ended()
  const restarts = createRestarts(registry, async () => {
    starts++
    record.restartCount++
    record.state.status = 'running'
  })
  const pauses = (ranFor: number) => {
    const before = starts
    restarts.ended(record, ranFor)
    assert.equal(record.state.status, 'restarting')
    let pause = 0
    for (; starts === before; pause += 100) t.mock.timers.tick(100)
    return pause
  }
  assert.deepEqual([pauses(0), pauses(0), pauses(0)], [100, 200, 400])
  assert.equal(pauses(10_000), 100)
  assert.equal(pauses(9999), 200)
  record.restartCount = 0
  assert.deepEqual([pauses(0), pauses(0)], [100, 200])
})

test('the timer of an earlier life starts nothing', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let starts = 0
  const record = ended()
  const restarts = createRestarts(registry, async () => void starts++)
  restarts.ended(record, 0)
  record.restartCount = 1
  restarts.ended(record, 0)
  t.mock.timers.tick(100)
  assert.equal(starts, 0)
  t.mock.timers.tick(100)
  assert.equal(starts, 1)
  restarts.ended(record, 0)
  restarts.forget(record)
  t.mock.timers.tick(60_000)
  assert.equal(starts, 1)
})

test('a start that fails is tried again while the policy says so', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const record = ended()
  let left = 2
  const restarts = createRestarts(registry, async () => {
    record.restartCount++
    record.state.status = left-- > 0 ? 'restarting' : 'exited'
    throw new Error('not there')
  })
  await assert.rejects(restarts.startNow(record, { counted: true }), /not there/)
  for (const pause of [100, 200]) {
    assert.equal(record.state.status, 'restarting')
    t.mock.timers.tick(pause)
    await new Promise(setImmediate)
  }
  assert.equal(record.state.status, 'exited')
  t.mock.timers.tick(60_000)
  assert.equal(left, -1, 'none after the last')
})
