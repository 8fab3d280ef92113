// AI models: docker's plugin for them is given its work, and services learn where their models answer.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Stack, stack } from './stack.ts'

const docker = new URL('testdata/models/docker', import.meta.url).pathname

const variables = async (s: Stack, service: string) =>
  (await s.ok('exec', '-T', service, 'env'))
    .split('\n')
    .filter(line => /^(AI|BIG|SMALL)/.test(line))
    .sort()

test('models must be pulled where they are missing and configured, and services know them', async t => {
  await using s = await stack(t, 'models', { DOCKER_CONFIG: docker, ENDPOINT: 'http://models/v1' })
  const ledger = join(s.root, 'ledger')
  s.env.LEDGER = ledger
  const plan = await s.ok('--dry-run', 'up', '-d')
  assert.deepEqual(plan.split('\n').slice(0, 3), [
    '0 pull model big-one (model is missing)',
    '1 configure model big-one (services use it) after 0',
    '2 configure model small (services use it)',
  ])
  assert.match(plan, /create container \S+-app-1 \(no container\) after 3$/m)
  const { stderr, code } = await s.cli('up', '-d')
  assert.equal(code, 0)
  assert.match(stderr, /^ big-one Pulling \n[\s\S]* big-one Pulled \n[\s\S]* big-one Configured \n/m)
  assert.deepEqual(readFileSync(ledger, 'utf8').trimEnd().split('\n').sort(), [
    'configure --context-size 1024 ai/big -- --temp 0.1',
    'configure ai/small:1',
    'pull ai/big',
  ])
  assert.deepEqual(await variables(s, 'app'), [
    'AI_NAME=ai/small:1',
    'AI_URL=http://models/v1',
    'BIG_ONE_MODEL=ai/big',
    'BIG_ONE_URL=http://models/v1',
  ])
  assert.deepEqual(await variables(s, 'plain'), [])
  s.env.ENDPOINT = 'http://elsewhere/v1'
  assert.match(await s.ok('--dry-run', 'up', '-d'), /recreate container \S+-app-1 \(configuration changed\)/)
  await s.ok('down', '-t', '0')
})

test('without the plugin, or when it fails, it must be told, and nothing be made', async t => {
  await using s = await stack(t, 'models', { DOCKER_CONFIG: '/nowhere' })
  const missing = await s.cli('up', '-d')
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /^'models' support requires Docker Model plugin\n {2}at models\.big-one\n/)
  Object.assign(s.env, { DOCKER_CONFIG: docker, LEDGER: '/dev/null', COMPLAINT: 'no disk for it' })
  const failing = await s.cli('up', '-d')
  assert.equal(failing.code, 1)
  assert.match(failing.stderr, /^docker model (?:pull|configure) exit status 1\n {2}no disk for it$/m)
  assert.equal(await s.ok('ps', '-aq'), '')
  await s.ok('up', '-d', 'plain')
  await s.ok('down', '-t', '0')
})
