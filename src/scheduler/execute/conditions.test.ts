import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerInspectResponse } from '../../docker/protocol/types.ts'
import type { OperationOf } from '../plan/plan.ts'
import { judge } from './conditions.ts'

type State = NonNullable<ContainerInspectResponse['State']>

const say = (state: State, wait: Partial<OperationOf<'wait'>>) => {
  const verdict = judge(
    { Name: '/p-db-1', State: state },
    { condition: 'service_healthy', service: 'db', purpose: 'dependency', ...wait },
  )
  return verdict.is === 'failed' ? verdict.error.message : verdict.is === 'met' ? verdict.verb : 'pending'
}
const running = (health?: 'starting' | 'healthy' | 'unhealthy'): State => ({
  Status: 'running',
  Running: true,
  ...(health ? { Health: { Status: health } } : {}),
})
const exited = (code: number): State => ({ Status: 'exited', Running: false, ExitCode: code })

test('a dependency that is to be healthy', () => {
  assert.equal(say(running('starting'), {}), 'pending')
  assert.equal(say(running('healthy'), {}), 'Healthy')
  assert.equal(say(running('unhealthy'), {}), 'dependency failed to start: container p-db-1 is unhealthy')
  assert.equal(say(running(), {}), 'dependency failed to start: container p-db-1 has no healthcheck configured')
  assert.equal(say(exited(3), {}), 'dependency failed to start: container p-db-1 exited (3)')
})

test('a dependency that is to complete', () => {
  const condition = 'service_completed_successfully'
  assert.equal(say(running(), { condition }), 'pending')
  assert.equal(say(exited(0), { condition }), 'Exited')
  assert.equal(say(exited(7), { condition }), 'service "db" didn\'t complete successfully: exit 7')
})

test('--wait: running is enough without a health check, an end is where it was a good one', () => {
  const ready = { condition: 'service_started', purpose: 'ready' } as const
  assert.equal(say(running(), ready), 'Healthy')
  assert.equal(say(running('starting'), ready), 'pending')
  assert.equal(say(exited(0), ready), 'Exited')
  assert.equal(say(exited(5), ready), 'container p-db-1 exited (5)')
})

test('--wait: a container without a health check must have run for half a second', () => {
  const wait = { condition: 'service_started', service: 'db', purpose: 'ready' } as const
  const look = (state: State, ranFor: number) => judge({ Name: '/p-db-1', State: state }, wait, ranFor)
  assert.deepEqual(look(running(), 100), { is: 'pending', again: 400 })
  assert.deepEqual(look(running(), 500), { is: 'met', verb: 'Healthy' })
  assert.deepEqual(look(running('healthy'), 100), { is: 'met', verb: 'Healthy' })
})
