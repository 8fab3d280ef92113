// pre_start: when its steps run, and what waits for them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dependsOn,
  nothing,
  settled,
  testContainer,
  testProject,
  testService,
  upOptions,
} from '../../../test/test-project.ts'
import type { Hook } from '../../model/attributes/shapes/lifecycle.ts'
import { formatPlan } from './plan.ts'
import { planDown } from './plan-down.ts'
import { planUp } from './plan-up.ts'

const step = (own: Partial<Hook> = {}): Hook => ({ command: ['true'], environment: {}, extensions: {}, ...own })
const plan = (...args: Parameters<typeof planUp>) => formatPlan(planUp(...args).plan)
const web = (preStart: Hook[]) => testProject([testService('web', { preStart })])

test('steps run one after the other, between creation and start', () => {
  const text = plan(
    web([step(), step({ image: 'tools' })]),
    { ...nothing, images: { ...nothing.images, tools: { id: 'i', hasHealthcheck: false, labels: {} } } },
    upOptions(),
  )
  assert.match(
    text,
    /(\d+) create container p-web-1 .*\n(\d+) run p-web-pre_start-0 \(pre_start\) after \1\n(\d+) run p-web-pre_start-1 \(pre_start\) after \2\n\d+ start container p-web-1 \(not running\) after \1 \3$/,
  )
})

test('the image of a step is pulled', () => {
  assert.match(
    plan(web([step({ image: 'tools' })]), nothing, upOptions()),
    /pull image tools \(image of pre_start is missing\)/,
  )
})

test('a service whose container has run is prepared: neither a start nor more of them runs steps', () => {
  const project = web([step()])
  const stopped = settled(project, [{ service: 'web', name: 'p-web-1', state: 'exited' }])
  assert.doesNotMatch(plan(project, stopped, upOptions()), /pre_start/)
  assert.doesNotMatch(plan(project, settled(project), upOptions({ scale: { web: 3 } })), /pre_start/)
})

test('what was created and never started, or is made anew, is prepared first', () => {
  const project = web([step()])
  assert.match(
    plan(project, settled(project, [{ service: 'web', name: 'p-web-1', state: 'created' }]), upOptions()),
    /run p-web-pre_start-0/,
  )
  assert.match(plan(project, settled(project), upOptions({ recreate: 'force' })), /run p-web-pre_start-0/)
})

test('per_replica: for each container that is new', () => {
  const text = plan(web([step({ perReplica: true })]), nothing, upOptions({ scale: { web: 2 } }))
  assert.match(
    text,
    /(\d+) run p-web-1-pre_start-0 .*\n\d+ start container p-web-1 \(not running\) after \d+ \1\n(\d+) run p-web-2-pre_start-0 .*\n\d+ start container p-web-2 .* \2$/,
  )
})

test('steps wait for what the service depends on', () => {
  const project = testProject([
    testService('db'),
    testService('web', { preStart: [step()], dependsOn: dependsOn({ db: 'service_healthy' }) }),
  ])
  assert.match(
    plan(project, nothing, upOptions()),
    /(\d+) wait for p-db-1 service_healthy .*\n\d+ run p-web-pre_start-0 \(pre_start\) after \d+ \1\n/,
  )
})

test('down removes what a failed step has left', () => {
  const project = web([step()])
  const left = testContainer('web', { name: 'p-web-pre_start-0', oneOff: true })
  const options = {
    projectName: 'p',
    project,
    services: [],
    removeOrphans: false,
    volumes: false,
    images: 'none',
    timeout: undefined,
  } as const
  assert.match(
    formatPlan(planDown({ ...settled(project), leftSteps: [left] }, options).plan),
    /remove container p-web-pre_start-0 \(left of pre_start\)/,
  )
})
