import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependsOn, settled, testContainer, testProject, testService, testVolume } from '../../../test/test-project.ts'
import { labels } from '../observe/labels.ts'
import type { Observed } from '../observe/observe.ts'
import { formatPlan } from './plan.ts'
import { type DownOptions, planDown } from './plan-down.ts'

const project = testProject(
  [testService('db'), testService('web', { dependsOn: dependsOn({ db: 'service_started' }) })],
  {
    volumes: { data: testVolume('p_data'), kept: testVolume('other', { external: true }) },
  },
)

const lines = (observed: Observed, own: Partial<DownOptions> = {}) => {
  const options = {
    projectName: 'p',
    project,
    services: [],
    removeOrphans: false,
    volumes: false,
    images: 'none',
    timeout: undefined,
  } as const
  return formatPlan(planDown(observed, { ...options, ...own }).plan).split('\n')
}

test('dependents go first, the network last; volumes stay', () => {
  assert.deepEqual(lines(settled(project)), [
    '0 stop container p-web-1 (down)',
    '1 remove container p-web-1 (down) after 0',
    '2 stop container p-db-1 (down) after 1',
    '3 remove container p-db-1 (down) after 2',
    '4 gate containers removed (they use the rest) after 1 3',
    '5 remove network p_default (down) after 4',
  ])
})

test('--volumes removes the declared ones but never an external one', () => {
  assert.deepEqual(lines(settled(project), { volumes: true }).slice(6), ['6 remove volume p_data (--volumes) after 4'])
})

test('orphans go only when asked for, after the rest', () => {
  const observed = settled(project, [{ service: 'old' }])
  assert.equal(
    lines(observed).some(line => line.includes('p-old-1')),
    false,
  )
  assert.deepEqual(lines(observed, { removeOrphans: true }).slice(4, 6), [
    '4 stop container p-old-1 (down) after 1 3',
    '5 remove container p-old-1 (down) after 4',
  ])
})

test('without a Compose file the labels give services, order, networks and volumes', () => {
  const web = testContainer('web', { labels: { [labels.dependsOn]: 'db:service_started:false' } })
  const observed = { ...settled(project), containers: [web, testContainer('db')] }
  observed.volumes = [{ name: 'p_data', labels: { [labels.project]: 'p', [labels.volume]: 'data' } }]
  assert.deepEqual(lines(observed, { project: undefined, volumes: true }), [
    '0 stop container p-web-1 (down)',
    '1 remove container p-web-1 (down) after 0',
    '2 stop container p-db-1 (down) after 1',
    '3 remove container p-db-1 (down) after 2',
    '4 gate containers removed (they use the rest) after 1 3',
    '5 remove network p_default (down) after 4',
    '6 remove volume p_data (--volumes) after 4',
  ])
})

test('--rmi removes an image once, whoever uses it; without a Compose file those of the containers', () => {
  const removals = (observed: Observed, own: Partial<DownOptions>) =>
    lines(observed, own).filter(line => line.includes('remove image'))
  const shared = testProject([
    testService('web', { image: 'mine:1' }),
    testService('worker', { image: 'mine:1' }),
    testService('other', { image: 'absent' }),
  ])
  const observed = { ...settled(shared), images: { 'mine:1': { id: 'sha256:a', hasHealthcheck: false, labels: {} } } }
  assert.deepEqual(removals(observed, { project: shared, images: 'all' }), [
    '8 remove image mine:1 (--rmi all) after 6',
  ])
  const containers = [
    testContainer('web', { imageName: 'mine:1' }),
    testContainer('worker', { imageName: 'mine:1' }),
    testContainer('built', { imageName: 'p-built' }),
    testContainer('old', { imageName: 'sha256:abc' }),
  ]
  const withoutFile = { ...settled(project), containers }
  const removed = (images: 'all' | 'local') =>
    removals(withoutFile, { project: undefined, images }).map(line => /image (\S+)/.exec(line)?.[1])
  assert.deepEqual(removed('all'), ['mine:1', 'p-built'])
  assert.deepEqual(removed('local'), ['p-built'])
})
