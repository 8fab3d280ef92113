import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependsOn, nothing, settled, testProject, testService, upOptions } from '../../../test/test-project.ts'
import { withGiven } from '../border/given-variables.ts'
import { labels } from '../observe/labels.ts'
import type { ObservedProviders, ProviderMetadata } from '../observe/providers.ts'
import { formatPlan, type Planned } from './plan.ts'
import { planDown } from './plan-down.ts'
import { planPreparation, providerRun } from './plan-providers.ts'
import { planUp } from './plan-up.ts'
import { planStart, planStop } from './plan-verbs.ts'

const provided = (name: string, own: Parameters<typeof testService>[1] = {}) => {
  const service = testService(name, {
    provider: { type: 'cloud', options: { size: ['1', '2'], zone: ['a'] }, extensions: {} },
    networks: {},
    ...own,
  })
  delete service.image
  return service
}
const program = (metadata?: ProviderMetadata) => ({ program: '/bin/cloud', metadata })
const lines = ({ plan }: Planned) => formatPlan(plan).split('\n')

const shop = testProject([
  testService('web', { dependsOn: dependsOn({ db: 'service_healthy' }) }),
  provided('db', { dependsOn: dependsOn({ account: 'service_started' }) }),
  provided('account'),
])
const both: ObservedProviders = { db: program(), account: program() }

test('providers come before their dependents, one after what it depends on, and are not waited for', () => {
  assert.deepEqual(lines(planUp(shop, { ...nothing, providers: both }, upOptions({ wait: true }))), [
    '0 create network p_default (missing)',
    '1 run provider cloud up for account (what it gives is needed)',
    '2 run provider cloud up for db (what it gives is needed) after 1',
    '3 create container p-web-1 (no container) after 0 2',
    '4 gate created (starts follow creation) after 1 2 3',
    '5 start container p-web-1 (not running) after 4',
    '6 wait for p-web-1 service_started (--wait) after 5',
  ])
})

test('what comes first is a plan of its own: images, then providers', () => {
  const observed = { ...nothing, images: {}, providers: both }
  assert.deepEqual(lines(planPreparation(shop, observed, upOptions())), [
    '0 pull image alpine (image is missing)',
    '1 run provider cloud up for account (what it gives is needed) after 0',
    '2 run provider cloud up for db (what it gives is needed) after 1',
  ])
  const between = testProject([
    provided('db', { dependsOn: dependsOn({ web: 'service_started' }) }),
    testService('web', { dependsOn: dependsOn({ account: 'service_started' }) }),
    provided('account'),
  ])
  assert.deepEqual(lines(planPreparation(between, { ...nothing, providers: both }, upOptions())), [
    '0 run provider cloud up for account (what it gives is needed)',
    '1 run provider cloud up for db (what it gives is needed) after 0',
  ])
})

test('providers that have run are not in the plan, and what they gave decides who is made anew', () => {
  const plan = (url: string, label: string) => {
    const project = withGiven(shop, { db: { prefixed: { URL: url }, raw: {} } }, () => {})
    const web = { service: 'web', name: 'p-web-1', labels: { [labels.given]: label } }
    const { containers, ...rest } = settled(project, [web])
    return planUp(project, { ...rest, containers: containers.filter(({ service }) => service === 'web') }, upOptions())
  }
  const [first] = plan('http://a', '').plan
  assert.match(formatPlan(first ? [first] : []), /recreate container p-web-1 \(variables of providers changed\)/)
  assert.ok(first?.operation.type === 'recreateContainer')
  const { body } = first.operation.draft
  assert.deepEqual(body.Env, ['DB_URL=http://a'])
  const label = body.Labels?.[labels.given] ?? ''
  assert.equal(body.Labels?.[labels.configHash], 'hash-web')
  assert.deepEqual(lines(plan('http://a', label)), ['0 report Container p-web-1 Running (up to date)'])
  assert.match(lines(plan('http://b', label))[0] ?? '', /variables of providers changed/)
})

test('before they have run nobody can tell whether their variables changed', () => {
  const web = { service: 'web', name: 'p-web-1', labels: { [labels.given]: 'something' } }
  const observed = settled(testProject([testService('web')]), [web])
  assert.match(lines(planUp(shop, { ...observed, providers: both }, upOptions()))[2] ?? '', /p-web-1 Running/)
})

test('a variable that is set otherwise is overridden with a warning', () => {
  const project = testProject([
    provided('db'),
    testService('a', { dependsOn: dependsOn({ db: 'service_started' }), environment: { K: 'mine', SAME: 'x' } }),
    testService('b', { environment: { K: 'mine' } }),
  ])
  const warnings: string[] = []
  const { services } = withGiven(project, { db: { prefixed: { U: '1' }, raw: { K: 'its', SAME: 'x' } } }, one =>
    warnings.push(one),
  )
  assert.deepEqual(services.a?.environment, { K: 'its', SAME: 'x', DB_U: '1' })
  assert.deepEqual(services.b?.environment, { K: 'mine' })
  assert.deepEqual(warnings, ['provider "db" overrides environment variable "K" in service "a"'])
})

test('the words of the call: every option, or those that the program says it knows', () => {
  const args = (metadata: ProviderMetadata | undefined, action: 'up' | 'down' | 'stop') => {
    const run = providerRun(shop, provided('db'), { db: program(metadata) }, action)
    return run && ('args' in run.call ? run.call.args.join(' ') : run.call.problem)
  }
  assert.equal(args(undefined, 'up'), 'compose --project-name=p up --size=1 --size=2 --zone=a db')
  assert.equal(args(undefined, 'down'), 'compose --project-name=p down --size=1 --size=2 --zone=a db')
  assert.equal(args(undefined, 'stop'), undefined)
  const told = { description: 'x', up: { parameters: [{ name: 'zone' }] }, stop: {} }
  assert.equal(args(told, 'up'), 'compose --project-name=p up --zone=a db')
  assert.equal(args(told, 'down'), 'compose --project-name=p down db')
  assert.equal(args(told, 'stop'), 'compose --project-name=p stop db')
  assert.equal(
    args({ down: { parameters: [{ name: 'key', required: true }] } }, 'down'),
    'required parameter "key" is missing from provider "cloud" definition',
  )
})

test('a program that is not there: up is refused before anything is made, down and stop come as far as they can', () => {
  const problem = 'exec: "cloud": executable file not found in $PATH'
  const project = testProject([testService('web', { dependsOn: dependsOn({ db: 'service_started' }) }), provided('db')])
  const providers = { db: { problem } }
  const observed = { ...settled(testProject([testService('web')])), providers }
  assert.throws(() => planUp(project, observed, upOptions()), { message: problem, path: 'services.db.provider' })
  const down = { projectName: 'p', project, services: [], removeOrphans: false, volumes: false, timeout: undefined }
  assert.deepEqual(lines(planDown(observed, { ...down, images: 'none' })), [
    '0 stop container p-web-1 (down)',
    '1 remove container p-web-1 (down) after 0',
    '2 run provider cloud down for db (down) after 1',
    '3 gate containers removed (they use the rest) after 1 2',
    '4 remove network p_default (down) after 3',
  ])
})

test('down of a provider alone, and of everything else', () => {
  const observed = { ...nothing, providers: both }
  const down = (services: string[]) =>
    lines(
      planDown(observed, {
        projectName: 'p',
        project: shop,
        services,
        removeOrphans: false,
        volumes: false,
        images: 'none',
        timeout: undefined,
      }),
    )
  assert.deepEqual(down(['db']), ['0 run provider cloud down for db (down)'])
  assert.deepEqual(down([]).slice(0, 2), [
    '0 run provider cloud down for db (down)',
    '1 run provider cloud down for account (down) after 0',
  ])
  assert.deepEqual(down(['web']), [''])
})

test('stop reaches a provider that can be stopped, behind its dependents; start leaves it out', () => {
  const graph = { web: dependsOn({ db: 'service_started' }), db: {} }
  const { containers } = settled(testProject([testService('web')]))
  const run = { service: provided('db'), action: 'stop', call: { problem: '' } } as const
  const providerStop = (name: string) => (name === 'db' ? run : undefined)
  assert.deepEqual(lines(planStop(containers, { graph, services: [], providerStop })), [
    '0 stop container p-web-1 (stop)',
    '1 run provider cloud stop for db (stop) after 0',
  ])
  assert.deepEqual(lines(planStop(containers, { graph, services: ['web'], providerStop })), [
    '0 stop container p-web-1 (stop)',
  ])
  const hasProvider = (name: string) => name === 'db'
  const exited = containers.map(one => ({ ...one, state: 'exited' }))
  assert.deepEqual(lines(planStart(exited, { graph, services: [], wait: false, hasProvider })), [
    '0 start container p-web-1 (not running)',
  ])
})
