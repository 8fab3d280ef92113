import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependsOn, testContainer, testProject, testService } from '../../../test/test-project.ts'
import { graphOf } from '../observe/graph.ts'
import { formatPlan, type Planned } from './plan.ts'
import { planKill, planPause, planRestart, planStart, planStop } from './plan-verbs.ts'

const graph = graphOf(
  testProject([
    testService('db'),
    testService('follower', { dependsOn: dependsOn({ db: { condition: 'service_started', restart: true } }) }),
    testService('loose', { dependsOn: dependsOn({ db: 'service_healthy' }) }),
  ]).services,
)
const stopped = ['db', 'follower', 'loose'].map(name => testContainer(name, { state: 'exited' }))
const running = ['db', 'follower', 'loose'].map(name => testContainer(name))
const lines = ({ plan }: Planned) => formatPlan(plan).split('\n')

test('start brings dependencies along and meets their conditions', () => {
  assert.deepEqual(lines(planStart(stopped, { graph, services: ['loose'], wait: false })), [
    '0 start container p-db-1 (not running)',
    '1 wait for p-db-1 service_healthy (a service depends on it) after 0',
    '2 start container p-loose-1 (not running) after 1',
  ])
  assert.deepEqual(lines(planStart(running, { graph, services: [], wait: false })), [''])
  assert.throws(() => planStart([], { graph, services: [], wait: false }), /service "db" has no container to start/)
})

test('stop goes against depends_on, and only names what it was given', () => {
  assert.deepEqual(lines(planStop(running, { graph, services: [] })), [
    '0 stop container p-loose-1 (stop)',
    '1 stop container p-follower-1 (stop)',
    '2 stop container p-db-1 (stop) after 0 1',
  ])
  assert.deepEqual(lines(planStop(running, { graph, services: ['db'] })), ['0 stop container p-db-1 (stop)'])
})

test('restart orders by the dependencies that ask for it, and a named service takes along who follows it', () => {
  const both = ['0 restart container p-db-1 (restart)', '1 restart container p-follower-1 (restart) after 0']
  assert.deepEqual(lines(planRestart(running, { graph, services: ['db'], noDependents: false })), both)
  assert.deepEqual(lines(planRestart(running, { graph, services: ['db'], noDependents: true })), both.slice(0, 1))
  assert.deepEqual(lines(planRestart(running, { graph, services: [], noDependents: false })), [
    ...both,
    '2 restart container p-loose-1 (restart)',
  ])
})

test('restart waits until the dependency is again what its follower asks for', () => {
  const healthy = { condition: 'service_healthy', restart: true } as const
  const strict = graphOf(
    testProject([
      testService('db'),
      testService('follower', { dependsOn: dependsOn({ db: healthy }) }),
      testService('other', { dependsOn: dependsOn({ db: healthy }) }),
    ]).services,
  )
  const containers = ['db', 'follower', 'other'].map(name => testContainer(name))
  assert.deepEqual(lines(planRestart(containers, { graph: strict, services: ['db'], noDependents: false })), [
    '0 restart container p-db-1 (restart)',
    '1 wait for p-db-1 service_healthy (a service depends on it) after 0',
    '2 restart container p-follower-1 (restart) after 1',
    '3 restart container p-other-1 (restart) after 1',
  ])
})

test('kill reaches what runs', () => {
  assert.deepEqual(lines(planKill([...running.slice(0, 1), ...stopped.slice(1)], 'SIGHUP')), [
    '0 kill container p-db-1 with SIGHUP (kill)',
  ])
})

test('pause and unpause reach what runs, paused or not, of the services that are named', () => {
  const mixed = [testContainer('db', { state: 'paused' }), ...running.slice(1, 2), ...stopped.slice(2)]
  assert.deepEqual(lines(planPause(mixed, { graph, services: [] }, 'unpauseContainer')), [
    '0 unpause container p-db-1 (unpause)',
    '1 unpause container p-follower-1 (unpause)',
  ])
  assert.deepEqual(lines(planPause(mixed, { graph, services: ['follower'] }, 'pauseContainer')), [
    '0 pause container p-follower-1 (pause)',
  ])
})
