import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testProject, testService } from '../../test/test-project.ts'
import { withProxies } from './proxies.ts'

const project = testProject([testService('a', { environment: { HTTP_PROXY: 'mine', https_proxy: null } })])
const endpoint = { kind: 'unix', path: '/run/engine.sock' } as const

test("a service has the proxies of docker's config.json beside its own, and its hash stays", () => {
  const proxies = { default: { httpProxy: 'http://p', httpsProxy: 'http://s', noProxy: '.x' } }
  const { a } = withProxies(project, endpoint, { proxies }).services
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
  const { a } = withProxies(project, endpoint, { proxies }).services
  assert.deepEqual(a?.environment, { HTTP_PROXY: 'mine', https_proxy: null, ALL_PROXY: 'two', all_proxy: 'two' })
  assert.equal(withProxies(project, endpoint, {}), project)
})
