import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { identify } from '../../../shared/processes.ts'
import { createEventBus } from '../../events/bus.ts'
import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'
import type { RunningExec } from './exec-streams.ts'
import type { Execs } from './execs.ts'
import { createHealthChecks } from './health.ts'

/** A container with this check; `probe` is called with the number of each probe and gives its exit code. */
function watched(own: object, probe: (count: number) => number, labels?: Record<string, string>) {
  const self = identify(process.pid)
  assert.ok(self)
  // Nothing else of a record is read.
  const record = {
    id: 'a',
    config: { healthcheck: { test: ['CMD', 'check'], ...own }, labels },
    state: { status: 'running', ...self, startedAt: new Date().toISOString() },
  } as unknown as ContainerRecord
  let count = 0
  const execs = {
    probe: (): RunningExec => ({
      stdin: undefined,
      outputs: [{ stream: 'stdout', source: new PassThrough() }],
      exited: Promise.resolve({ exitCode: probe(++count), complaint: undefined }),
      resize() {},
      kill() {},
    }),
  }
  const events = createEventBus()
  const health = createHealthChecks(execs as unknown as Execs, { keep() {} } as unknown as Registry, events)
  health.watch(record)
  return { record, events, end: () => health.forget(record) }
}

test('until it is healthy a container is probed early, and failures of that do not count', {
  timeout: 10_000,
}, async () => {
  const { promise: healthy, resolve } = Promise.withResolvers<void>()
  const once = watched({ interval: 1e15, retries: 1 }, count => {
    if (count === 4) setImmediate(resolve)
    return count < 4 ? 1 : 0
  })
  await healthy
  once.end()
  assert.equal(once.record.health?.status, 'healthy')
  assert.deepEqual(
    once.record.health?.log.map(({ exitCode }) => exitCode),
    [1, 1, 1, 0],
  )
})

test('who does not want early probes has the first when the interval says, and it counts', {
  timeout: 10_000,
}, async () => {
  const { promise: first, resolve } = Promise.withResolvers<void>()
  const probe = () => {
    setImmediate(resolve)
    return 1
  }
  const one = watched({ interval: 300e6, retries: 1 }, probe, { 'io.github.tsc-compose.early-probes': 'false' })
  await first
  one.end()
  assert.equal(one.record.health?.status, 'unhealthy')
})

test('a check that fails because its container has ended says nothing of its health', { timeout: 10_000 }, async () => {
  const self = identify(process.pid)
  assert.ok(self)
  // Nothing else of a record is read.
  const record = {
    id: 'a',
    config: { healthcheck: { test: ['CMD', 'check'], interval: 1e6, retries: 3 } },
    state: { status: 'running', ...self, startedAt: new Date().toISOString() },
  } as unknown as ContainerRecord
  let checks = 0
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const probe = (): RunningExec => {
    checks++
    // From the second on nobody is there to be checked, though the end is not on record yet.
    if (checks === 2) record.state.startTime = 'another'
    if (checks === 6) resolve()
    return {
      stdin: undefined,
      outputs: [{ stream: 'stdout', source: new PassThrough() }],
      exited: Promise.resolve({ exitCode: 1, complaint: undefined }),
      resize() {},
      kill() {},
    }
  }
  const health = createHealthChecks(
    { probe } as unknown as Execs,
    { keep() {} } as unknown as Registry,
    createEventBus(),
  )
  health.watch(record)
  await enough
  health.forget(record)
  assert.deepEqual([record.health?.status, record.health?.failingStreak], ['starting', 1])
})
