import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dependsOn,
  nothing,
  settled,
  testContainer,
  testNetwork,
  testProject,
  testService,
  testVolume,
  upOptions,
} from '../../../test/test-project.ts'
import type { Project } from '../../model/project/project.ts'
import { labels } from '../observe/labels.ts'
import type { Observed } from '../observe/observe.ts'
import { formatPlan } from './plan.ts'
import { imagesOf, planUp, type UpOptions } from './plan-up.ts'

const lines = (project: Project, observed: Observed, own: Partial<UpOptions> = {}) =>
  formatPlan(planUp(project, observed, upOptions(own)).plan).split('\n')

const webAndStore = testProject([
  testService('web', { dependsOn: dependsOn({ store: 'service_started' }) }),
  testService('store'),
])

test('a new project: network, then containers in order, and starts only after all are made', () => {
  assert.deepEqual(lines(webAndStore, nothing), [
    '0 create network p_default (missing)',
    '1 create container p-store-1 (no container) after 0',
    '2 create container p-web-1 (no container) after 0 1',
    '3 gate created (starts follow creation) after 1 2',
    '4 start container p-store-1 (not running) after 3',
    '5 start container p-web-1 (not running) after 3 4',
  ])
})

test('nothing changed: everything is reported, nothing done', () => {
  assert.deepEqual(lines(webAndStore, settled(webAndStore)), [
    '0 report Container p-store-1 Running (up to date)',
    '1 report Container p-web-1 Running (up to date)',
  ])
})

test('conditions become waits between starts, shared by all dependents', () => {
  const project = testProject([
    testService('db'),
    testService('job'),
    testService('api', { dependsOn: dependsOn({ db: 'service_healthy', job: 'service_completed_successfully' }) }),
    testService('web', { dependsOn: dependsOn({ db: 'service_healthy' }) }),
  ])
  assert.deepEqual(lines(project, nothing).slice(5), [
    '5 gate created (starts follow creation) after 1 2 3 4',
    '6 start container p-db-1 (not running) after 5',
    '7 start container p-job-1 (not running) after 5',
    '8 wait for p-db-1 service_healthy (a service depends on it) after 5 6',
    '9 wait for p-job-1 service_completed_successfully (a service depends on it) after 5 7',
    '10 start container p-api-1 (not running) after 5 8 9',
    '11 start container p-web-1 (not running) after 5 8',
  ])
})

test('each reason to recreate is told', () => {
  const project = testProject(
    [testService('web', { volumes: [{ type: 'volume', source: 'data', target: '/d', extensions: {} }] })],
    {
      volumes: { data: testVolume('p_data') },
    },
  )
  const mounts = [{ type: 'volume', name: 'p_data', target: '/d', readOnly: false }]
  const cause = (own: Partial<ReturnType<typeof testContainer>>, options: Partial<UpOptions> = {}) =>
    lines(project, settled(project, [{ service: 'web', name: 'p-web-1', mounts, ...own }]), options)[0]
  assert.equal(cause({}), '0 report Container p-web-1 Running (up to date)')
  assert.equal(cause({}, { recreate: 'force' }), '0 recreate container p-web-1 (forced)')
  assert.equal(cause({ configHash: 'old' }), '0 recreate container p-web-1 (configuration changed)')
  assert.equal(cause({ configHash: 'old' }, { recreate: 'never' }), '0 report Container p-web-1 Running (up to date)')
  assert.equal(cause({ image: 'sha256:old' }), '0 recreate container p-web-1 (image changed)')
  assert.equal(
    cause({ networks: { p_default: 'id-old' } }),
    '0 recreate container p-web-1 (network p_default was replaced)',
  )
  assert.equal(cause({ networks: {} }), '0 recreate container p-web-1 (not connected to network p_default)')
  assert.equal(cause({ mounts: [] }), '0 recreate container p-web-1 (volume p_data is not mounted)')
  assert.equal(cause({ state: 'exited' }), '0 start container p-web-1 (not running)')
})

test('only named services are forced; dependencies when told so', () => {
  const observed = settled(webAndStore)
  assert.deepEqual(lines(webAndStore, observed, { requested: ['web'], recreate: 'force' }), [
    '0 report Container p-store-1 Running (up to date)',
    '1 recreate container p-web-1 (forced)',
    '2 start container p-web-1 (not running) after 1',
  ])
  assert.match(
    lines(webAndStore, observed, { requested: ['web'], recreateDependencies: 'force' })[0] ?? '',
    /recreate container p-store-1/,
  )
})

test('a follower with restart: true stops before its dependency is recreated', () => {
  const project = testProject([
    testService('db'),
    testService('web', { dependsOn: dependsOn({ db: { condition: 'service_started', restart: true } }) }),
  ])
  assert.deepEqual(lines(project, settled(project, [{ service: 'db', name: 'p-db-1', configHash: 'old' }])), [
    '0 recreate container p-db-1 (configuration changed) after 1',
    '1 stop container p-web-1 (db is recreated)',
    '2 start container p-db-1 (not running) after 0',
    '3 start container p-web-1 (not running) after 0 1 2',
  ])
})

test('scaling adds the next numbers and removes the highest', () => {
  const project = testProject([testService('w')])
  const observed = settled(project, [
    { service: 'w', name: 'p-w-1' },
    { service: 'w', number: 3 },
  ])
  assert.deepEqual(lines(project, observed, { scale: { w: 3 } }).slice(2, 3), [
    '2 create container p-w-4 (scaled to 3)',
  ])
  assert.deepEqual(lines(project, observed, { scale: { w: 0 } }), [
    '0 stop container p-w-3 (scaled to 0)',
    '1 remove container p-w-3 (scaled to 0) after 0',
    '2 stop container p-w-1 (scaled to 0)',
    '3 remove container p-w-1 (scaled to 0) after 2',
  ])
})

test('orphans are warned about, or removed', () => {
  const project = testProject([testService('web')])
  const observed = settled(project, [{ service: 'gone' }])
  assert.match(planUp(project, observed, upOptions()).warnings[0] ?? '', /^Found orphan containers \(p-gone-1\)/)
  assert.deepEqual(planUp(project, observed, upOptions({ ignoreOrphans: true })).warnings, [])
  assert.deepEqual(lines(project, observed, { removeOrphans: true }).slice(1), [
    '1 stop container p-gone-1 (orphan)',
    '2 remove container p-gone-1 (orphan) after 1',
  ])
})

test('a changed network is made anew under its containers', () => {
  const project = testProject([testService('web')], {
    networks: { default: testNetwork('p_default', { configHash: 'new' }) },
  })
  const before = testProject([testService('web')])
  assert.deepEqual(lines(project, settled(before)), [
    '0 stop container p-web-1 (network p_default changed)',
    '1 disconnect container p-web-1 from p_default (its network changed) after 0',
    '2 remove network p_default (configuration changed) after 1',
    '3 create network p_default (configuration changed) after 2',
    '4 connect container id-web-1 to p_default (its network changed) after 3',
    '5 start container p-web-1 (not running) after 4',
  ])
})

test('a changed volume asks first', () => {
  const mount = { type: 'volume', source: 'data', target: '/d', extensions: {} } as const
  const project = testProject([testService('web', { volumes: [mount] })], {
    volumes: { data: testVolume('p_data', { configHash: 'new' }) },
  })
  const observed = settled(project, [
    { service: 'web', name: 'p-web-1', mounts: [{ type: 'volume', name: 'p_data', target: '/d', readOnly: false }] },
  ])
  observed.volumes = [{ name: 'p_data', labels: { [labels.project]: 'p', [labels.configHash]: 'old' } }]
  const asked = planUp(project, observed, upOptions())
  assert.deepEqual(
    asked.consents.map(({ id }) => id),
    ['volume p_data'],
  )
  assert.equal(formatPlan(asked.plan), '0 report Container p-web-1 Running (up to date)')
  assert.deepEqual(lines(project, observed, { consented: new Set(['volume p_data']) }), [
    '0 stop container p-web-1 (volume p_data changed)',
    '1 remove container p-web-1 (volume p_data changed) after 0',
    '2 remove volume p_data (configuration changed) after 1',
    '3 create volume p_data (configuration changed) after 2',
    '4 create container p-web-1 (no container) after 3',
    '5 start container p-web-1 (not running) after 4',
  ])
})

test('what others own is used with a warning; what is external must be there', () => {
  const project = testProject([testService('web')])
  const foreign = { ...nothing, networks: [{ id: 'x', name: 'p_default', labels: {} }] }
  assert.match(
    planUp(project, foreign, upOptions()).warnings[0] ?? '',
    /^a network with name p_default exists but was not created by compose\.\nSet `external: true`/,
  )
  const external = testProject([testService('web')], {
    networks: { default: testNetwork('shared', { external: true }) },
  })
  assert.throws(
    () => planUp(external, nothing, upOptions()),
    /^.*network shared declared as external, but could not be found$/,
  )
  const volume = testProject([testService('web')], { volumes: { d: testVolume('v', { external: true }) } })
  assert.throws(() => planUp(volume, nothing, upOptions()), /external volume "v" not found/)
})

test('images: pulled when missing, once; refused when they would have to be built', () => {
  const project = testProject([testService('a'), testService('b')])
  const without = { ...nothing, images: {} }
  assert.equal(lines(project, without)[0], '0 pull image alpine (image is missing)')
  assert.equal(lines(project, without).filter(line => line.includes('pull')).length, 1)
  assert.equal(lines(project, without, { pull: 'never' }).filter(line => line.includes('pull')).length, 0)
  assert.equal(lines(project, nothing, { pull: 'always' })[0], '0 pull image alpine (pull policy always)')
})

test('nothing is made, stopped or removed before all images are there', () => {
  const project = testProject([testService('a'), testService('b', { image: 'other' })], {
    networks: { default: testNetwork('p_default') },
    volumes: { d: testVolume('v') },
  })
  const observed = { ...nothing, images: {}, containers: [testContainer('a'), { ...testContainer('a'), number: 2 }] }
  const { plan } = planUp(project, observed, upOptions({ removeOrphans: true }))
  const gate = plan.find(({ operation }) => operation.type === 'gate' && operation.name === 'images')
  assert.deepEqual(gate?.after, [0, 1])
  const early = plan.filter(({ after, operation }) => after.length === 0 && operation.type !== 'pullImage')
  assert.deepEqual(early, [])
  const types = new Set(plan.map(({ operation }) => operation.type))
  for (const type of ['createNetwork', 'createVolume', 'removeContainer'] as const) assert.ok(types.has(type), type)
})

test('an image that is only mounted is pulled too when it is missing', () => {
  const project = testProject([
    testService('a', { volumes: [{ type: 'image', source: 'content', target: '/content', extensions: {} }] }),
  ])
  assert.deepEqual(imagesOf(project), ['alpine', 'content'])
  const pulls = (own: Partial<UpOptions> = {}) => lines(project, nothing, own).filter(line => line.includes('pull'))
  assert.deepEqual(pulls(), ['0 pull image content (mounted image is missing)'])
  assert.deepEqual(pulls({ pull: 'never' }), [])
})

test('--wait ends with a wait for each, completion for those that others wait for', () => {
  const project = testProject([
    testService('job'),
    testService('main', { dependsOn: dependsOn({ job: 'service_completed_successfully' }) }),
  ])
  assert.deepEqual(lines(project, nothing, { wait: true }).slice(-2), [
    '8 wait for p-job-1 service_completed_successfully (--wait) after 7',
    '9 wait for p-main-1 service_started (--wait) after 7',
  ])
})

test('what another command is stopping is started again, not taken for running', () => {
  const project = testProject([testService('web')])
  assert.deepEqual(lines(project, settled(project, [{ name: 'p-web-1', service: 'web', state: 'stopping' }])), [
    '0 start container p-web-1 (not running)',
  ])
})

test("who shares another's network is recreated with it, and after it was", () => {
  const project = testProject([
    testService('vpn'),
    testService('app', { networkMode: 'service:vpn', networks: {}, dependsOn: dependsOn({ vpn: 'service_started' }) }),
  ])
  const app = { service: 'app', name: 'p-app-1', networks: {}, networkMode: 'container:id-vpn-1' }
  const changed = { service: 'vpn', name: 'p-vpn-1', configHash: 'old' }
  assert.deepEqual(lines(project, settled(project, [changed, app])).slice(0, 2), [
    '0 recreate container p-vpn-1 (configuration changed)',
    '1 recreate container p-app-1 (vpn is recreated) after 0',
  ])
  assert.deepEqual(lines(project, settled(project, [{ ...app, networkMode: 'container:gone' }])).slice(0, 2), [
    '0 report Container p-vpn-1 Running (up to date)',
    '1 recreate container p-app-1 (the container of vpn is another)',
  ])
  assert.equal(lines(project, settled(project, [app])).length, 2)
})

test('scaled down, replicas of an old configuration go first, then those with high numbers', () => {
  const project = testProject([testService('web')])
  const containers = [1, 2, 3, 4].map(number =>
    testContainer('web', number < 3 ? { number, configHash: 'old' } : { number }),
  )
  const stopped = (wanted: number, own: Partial<UpOptions> = {}) =>
    lines(project, { ...settled(project), containers }, { scale: { web: wanted }, ...own }).filter(line =>
      / stop /.test(line),
    )
  assert.deepEqual(stopped(2), ['0 stop container p-web-2 (scaled to 2)', '2 stop container p-web-1 (scaled to 2)'])
  assert.deepEqual(stopped(1).length, 3)
  assert.deepEqual(stopped(2, { recreate: 'never' }), [
    '0 stop container p-web-4 (scaled to 2)',
    '2 stop container p-web-3 (scaled to 2)',
  ])
})

test('who gives a port up ends before who takes it starts, and nobody else waits', () => {
  const published = { target: 80, published: '8080', extensions: {} }
  const project = testProject([testService('web', { ports: [published] }), testService('other')])
  const ports = [{ hostIp: '0.0.0.0', port: 8080, protocol: 'tcp' }]
  const old = testContainer('old', { ports })
  const observed = { ...settled(project), containers: [old] }
  const plan = lines(project, observed, { removeOrphans: true, start: true })
  assert.deepEqual(plan.slice(2), [
    '2 stop container p-old-1 (orphan)',
    '3 remove container p-old-1 (orphan) after 2',
    '4 gate created (starts follow creation) after 0 1',
    '5 start container p-other-1 (not running) after 4',
    '6 start container p-web-1 (not running) after 2 4',
  ])
})

test('a one-shot that others wait for does not run again once it has ended well, unless it is named', () => {
  const project = testProject([
    testService('job'),
    testService('web', { dependsOn: dependsOn({ job: 'service_completed_successfully' }) }),
  ])
  const ended = (status: string, web: Partial<ReturnType<typeof testContainer>> = {}) => ({
    ...settled(project),
    containers: [testContainer('job', { state: 'exited', status }), testContainer('web', web)],
  })
  const good = ended('Exited (0) 2 hours ago')
  assert.deepEqual(lines(project, good, { start: true }), [
    '0 report Container p-job-1 Exited (has done its work)',
    '1 report Container p-web-1 Running (up to date)',
  ])
  const again = ended('Exited (0) 2 hours ago', { state: 'exited', status: 'Exited (1)' })
  assert.deepEqual(lines(project, again, { start: true }).slice(1), [
    '1 wait for p-job-1 service_completed_successfully (a service depends on it)',
    '2 start container p-web-1 (not running) after 1',
  ])
  const starts = (observed: Observed, own: Partial<UpOptions>) =>
    lines(project, observed, { start: true, ...own }).filter(line => line.includes('start container p-job-1'))
  assert.equal(starts(good, { requested: ['job'] }).length, 1)
  assert.equal(starts(good, { recreate: 'force' }).length, 1)
  assert.equal(starts(ended('Exited (7) 2 hours ago'), {}).length, 1)
})

test('early probes that are switched off or on again reach the container', () => {
  const healthcheck = (extensions: Record<string, unknown>) => ({ test: ['CMD', 'true'], disable: false, extensions })
  const first = (extensions: Record<string, unknown>, container: Record<string, string>) => {
    const project = testProject([testService('web', { healthcheck: healthcheck(extensions) })])
    const containers = [testContainer('web', { labels: container })]
    return lines(project, { ...settled(project), containers })[0]
  }
  const off = { 'io.github.tsc-compose.early-probes': 'false' }
  const changed = '0 recreate container p-web-1 (x-early-probes changed)'
  const same = '0 report Container p-web-1 Running (up to date)'
  assert.equal(first({ 'x-early-probes': false }, {}), changed)
  assert.equal(first({ 'x-early-probes': false }, off), same)
  assert.equal(first({}, off), changed)
  assert.equal(first({}, {}), same)
})
