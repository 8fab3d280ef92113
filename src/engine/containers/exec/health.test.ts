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
