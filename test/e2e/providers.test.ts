// Services behind which is no container but a program of this machine.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Stack, stack } from './stack.ts'

const bin = new URL('testdata/providers/bin', import.meta.url).pathname
const say = (type: string, message = '') => JSON.stringify({ type, message })
const answers = [say('info', 'making it'), say('setenv', 'URL=http://cloud'), say('rawsetenv', 'TOKEN=its')].join('\n')

type Cloud = Stack & { ledger(): string[] }

async function cloud(t: TestContext): Promise<Cloud> {
  const s = await stack(t, 'providers', { PATH: `${bin}:${process.env.PATH}`, ANSWERS: answers })
  const path = join(s.root, 'ledger')
  s.env.LEDGER = path
  return Object.assign(s, {
    /** What the program was called with since the last look, without questions for its metadata. */
    ledger() {
      const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
      rmSync(path, { force: true })
      return lines.filter(line => line !== 'compose metadata')
    },
  })
}

const variables = async (s: Stack, service: string) =>
  (await s.ok('exec', '-T', service, 'env'))
    .split('\n')
    .filter(line => /^(DB_URL|TOKEN)=/.test(line))
    .sort()
const ids = (s: Stack) => s.ok('ps', '-q', 'app')

test('a provider must be run before its dependents are made, and they must have what it gives', async t => {
  await using s = await cloud(t)
  const project = s.env.COMPOSE_PROJECT_NAME
  const plan = await s.ok('--dry-run', 'up', '-d')
  assert.match(plan, /^0 run provider awesomecloud up for db \(what it gives is needed\)$/m)
  assert.match(plan, /create container \S+-app-1 \(no container\) after 0$/m)
  assert.deepEqual(s.ledger(), [])
  const { stderr, code } = await s.cli('up', '-d')
  assert.equal(code, 0)
  assert.match(stderr, /^ db Creating \n db making it \n db Created \n/)
  assert.match(stderr, /provider \\"db\\" overrides environment variable \\"TOKEN\\" in service \\"app\\"/)
  assert.deepEqual(s.ledger(), [`compose --project-name=${project} up --type=mysql --zone=a --zone=b db`])
  assert.deepEqual(await variables(s, 'app'), ['DB_URL=http://cloud', 'TOKEN=its'])
  assert.deepEqual(await variables(s, 'other'), [])
  const run = await s.ok('run', '--rm', '-e', 'TOKEN=asked', 'app', 'env')
  assert.match(run, /^DB_URL=http:\/\/cloud$/m)
  assert.match(run, /^TOKEN=asked$/m)
  s.ledger()
  await s.ok('down', '-t', '0')
  assert.deepEqual(s.ledger(), [`compose --project-name=${project} down --type=mysql --zone=a --zone=b db`])
})

test('dependents must be made anew when a provider gives something else, and only then', async t => {
  await using s = await cloud(t)
  await s.ok('up', '-d')
  const first = await ids(s)
  await s.ok('up', '-d')
  assert.equal(await ids(s), first)
  // Who does not ask the provider does not know.
  await s.ok('up', '-d', '--no-deps', 'app')
  assert.equal(await ids(s), first)
  s.env.ANSWERS = say('setenv', 'URL=http://elsewhere')
  await s.ok('up', '-d')
  const second = await ids(s)
  assert.notEqual(second, first)
  assert.deepEqual(await variables(s, 'app'), ['DB_URL=http://elsewhere', 'TOKEN=mine'])
  const plan = await s.ok('-f', 'without.yaml', '--dry-run', 'up', '-d')
  assert.match(plan, /recreate container \S+-app-1 \(variables of providers changed\)/)
})

test('what fails must be told in the words of the provider, and nothing be made', async t => {
  await using s = await cloud(t)
  const failing = async (own: Record<string, string>) => {
    Object.assign(s.env, { ANSWERS: '', COMPLAINT: '' }, own)
    const { stderr, code } = await s.cli('up', '-d')
    assert.equal(code, 1)
    assert.equal(await s.ok('ps', '-aq'), '')
    return stderr
  }
  assert.match(await failing({ ANSWERS: say('error', 'no credit\nat all') }), /^ db no credit \nno credit\nat all$/m)
  assert.match(
    await failing({ COMPLAINT: 'quota is 0' }),
    /^failed to create service provider: exit status 3\n {2}quota is 0$/m,
  )
  assert.match(await failing({ ANSWERS: say('setenv', 'URL') }), /^invalid response from plugin: URL$/m)
  assert.match(await failing({ ANSWERS: say('sing') }), /^invalid response from plugin: sing$/m)
  assert.match(await failing({ ANSWERS: 'hello' }), /^the provider of db wrote what is no message: hello$/m)
  const required = { up: { parameters: [{ name: 'size', required: true }] }, down: { parameters: [] } }
  assert.match(
    await failing({ METADATA: JSON.stringify(required) }),
    /^required parameter "size" is missing from provider "awesomecloud" definition$/m,
  )
})

test('a provider must be given the options it knows, be stopped if it can be, and read its service when it asks', async t => {
  await using s = await cloud(t)
  const project = s.env.COMPOSE_PROJECT_NAME
  const parameters = [{ name: 'zone' }]
  s.env.METADATA = JSON.stringify({ up: { parameters }, down: { parameters: [] }, stop: {} })
  s.env.ANSWERS = say('get-service-config')
  await s.ok('up', '-d')
  const [called, configuration = ''] = s.ledger()
  assert.equal(called, `compose --project-name=${project} up --zone=a --zone=b db`)
  assert.deepEqual(JSON.parse(configuration).provider.options, { type: ['mysql'], zone: ['a', 'b'] })
  await s.ok('stop', '-t', '0')
  assert.deepEqual(s.ledger(), [`compose --project-name=${project} stop db`])
  await s.ok('start')
  delete s.env.METADATA
  await s.ok('stop', '-t', '0')
  assert.deepEqual(s.ledger(), [])
})

test('a plugin of the docker CLI must be found where that CLI looks for it', async t => {
  await using s = await cloud(t)
  const plugins = join(s.root, 'docker/cli-plugins')
  mkdirSync(plugins, { recursive: true })
  symlinkSync(join(bin, 'awesomecloud'), join(plugins, 'docker-awesomecloud'))
  const { PATH: _, ...rest } = s.env
  Object.assign(s.env, { ...rest, PATH: process.env.PATH, DOCKER_CONFIG: join(s.root, 'docker') })
  await s.ok('up', '-d')
  assert.equal(s.ledger().length, 1)
})
