import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ContainerRecord, never, type StateRecord } from '../record.ts'
import { forgetRun, shouldComeBack } from './comeback.ts'

interface Given {
  policy: string
  retries?: number
  state?: Partial<StateRecord>
  stoppedByRequest?: boolean
  restartCount?: number
}

function record({
  policy,
  retries = 0,
  state = {},
  stoppedByRequest = false,
  restartCount = 0,
}: Given): ContainerRecord {
  const ended = { status: 'exited', exitCode: 0, startedAt: '2026-01-01T00:00:00Z', ...state }
  const host = { restartPolicy: { name: policy, maximumRetryCount: retries } }
  // Nothing else is looked at.
  return { state: ended, host, stoppedByRequest, restartCount } as unknown as ContainerRecord
}

const cut = { exitCode: 255 }
const stopped = { exitCode: 137 }

test('what ran comes back by every policy but no', () => {
  for (const policy of ['always', 'unless-stopped', 'on-failure'])
    assert.equal(shouldComeBack(record({ policy, state: cut })), true, policy)
  assert.equal(shouldComeBack(record({ policy: 'no', state: cut })), false)
})

test('what was stopped by hand comes back by always and on-failure, as with Docker Engine', () => {
  const after = (policy: string) => shouldComeBack(record({ policy, state: stopped, stoppedByRequest: true }))
  assert.deepEqual(['always', 'on-failure', 'unless-stopped', 'no'].map(after), [true, true, false, false])
})

test('on-failure leaves a success and what has used up its attempts', () => {
  assert.equal(shouldComeBack(record({ policy: 'on-failure' })), false)
  assert.equal(shouldComeBack(record({ policy: 'on-failure', retries: 2, restartCount: 2, state: cut })), false)
  assert.equal(shouldComeBack(record({ policy: 'on-failure', retries: 2, restartCount: 1, state: cut })), true)
})

test('what was never started stays so', () => {
  assert.equal(shouldComeBack(record({ policy: 'always', state: { status: 'created', startedAt: never } })), false)
})

test('a run that was cut off has the exit code 255, one that waited for its next start keeps its own', () => {
  const running = record({ policy: 'no', state: { status: 'running', pid: 5 } })
  forgetRun(running, new Date(0))
  assert.deepEqual(running.state, {
    status: 'exited',
    pid: 0,
    startTime: '',
    exitCode: 255,
    error: '',
    oomKilled: false,
    finishedAt: '1970-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00Z',
  })
  const waiting = record({ policy: 'always', state: { status: 'restarting', exitCode: 3 } })
  forgetRun(waiting)
  assert.equal(waiting.state.exitCode, 3)
  assert.equal(waiting.state.status, 'exited')
})
