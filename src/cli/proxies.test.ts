import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf } from '../../test/memory-project.ts'
import { testProject, testService } from '../../test/test-project.ts'
import { withProxies } from './proxies.ts'

const project = testProject([testService('a', { environment: { HTTP_PROXY: 'mine', https_proxy: null } })])
const endpoint = { kind: 'unix', path: '/run/engine.sock' } as const

test("a service has the proxies of docker's config.json beside its own, and its hash stays", () => {
  const proxies = { default: { httpProxy: 'http://p', httpsProxy: 'http://s', noProxy: '.x' } }
  const { a } = withProxies(project, endpoint, { config: { proxies }, env: {} }).services
  assert.deepEqual(a?.environment, {
    HTTP_PROXY: 'mine',
    http_proxy: 'http://p',
    HTTPS_PROXY: 'http://s',
    https_proxy: null,
    NO_PROXY: '.x',
    no_proxy: '.x',
  })
  assert.equal(a?.configHash, 'hash-a')
})

test('those of an engine go before the default', () => {
  const proxies = { default: { ftpProxy: 'one' }, 'unix:///run/engine.sock': { allProxy: 'two' } }
  const { a } = withProxies(project, endpoint, { config: { proxies }, env: {} }).services
  assert.deepEqual(a?.environment, { HTTP_PROXY: 'mine', https_proxy: null, ALL_PROXY: 'two', all_proxy: 'two' })
  assert.equal(withProxies(project, endpoint, { config: {}, env: {} }), project)
})

test('a moment that the caller wants for all files is an argument of builds, unless they have their own', async () => {
  const project = await projectOf(
    'services: {a: {build: .}, b: {build: {context: ., args: {SOURCE_DATE_EPOCH: 2}}}, c: {image: i}}',
  )
  const { a, b, c } = withProxies(project, endpoint, { config: {}, env: { SOURCE_DATE_EPOCH: '1' } }).services
  assert.deepEqual([a?.build?.args, b?.build?.args], [{ SOURCE_DATE_EPOCH: '1' }, { SOURCE_DATE_EPOCH: '2' }])
  assert.deepEqual(c?.environment, {})
})
