// What docker's config.json says must hold for our commands as it does for docker's.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, stack } from './stack.ts'

async function user(t: TestContext, config: object) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (value: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify(value))
  write(config)
  return { write, s: await stack(t, 'docker-config', { DOCKER_CONFIG: folder }) }
}

test('proxies: a build and a container have them, and another proxy recreates nothing', async t => {
  const { write, s } = await user(t, { proxies: { default: { httpProxy: 'http://p.test', noProxy: 'a.test' } } })
  await using _ = s
  await s.ok('up', '-d')
  const own = 'HTTP_PROXY=http://p.test\nNO_PROXY=mine\nhttp_proxy=http://p.test\nno_proxy=a.test\n'
  await eventually(
    async () => (await s.cli('logs', '--no-log-prefix')).stdout === `built by way of http://p.test\n${own}`,
    'its output',
  )
  write({ proxies: { default: { httpProxy: 'http://other.test' } } })
  assert.match((await s.cli('up', '-d')).stderr, / Container \S+-web-1 Running $/m)
  const once = await s.ok(
    'run',
    '--rm',
    '-T',
    '-e',
    'HTTP_PROXY=told',
    'web',
    'sh',
    '-c',
    'echo $HTTP_PROXY $http_proxy',
  )
  assert.equal(once, 'told http://other.test\n')
  assert.match(await s.ok('build', '--print'), /"http_proxy": "http:\/\/other.test"/)
})
