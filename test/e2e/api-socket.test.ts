// Containers that speak with the engine that runs them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { runningEngine } from '../../src/cli/embedded.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { alive } from '../engine/engine-process.ts'
import { eventually, type Stack, stack } from './stack.ts'

async function reaching(t: TestContext): Promise<Stack> {
  const s = await stack(t, 'api-socket')
  s.env.SOCKET = engineRoots(s.env).socketPath
  return s
}

/** What the engine answers through the socket that a container has at `path`. */
async function ping(s: Stack, service: string, path: string): Promise<string> {
  const running = await runningEngine(engineRoots(s.env))
  const id = (await s.ok('ps', '-q', service)).trim()
  const inspected = await running?.docker.getContainer(id).inspect()
  running?.docker.close()
  const asking = request({ socketPath: `/proc/${inspected?.State?.Pid}/root${path}`, path: '/_ping' })
  asking.end()
  const [response]: IncomingMessage[] = await once(asking, 'response')
  return response ? text(response) : ''
}

test('the socket must be the one of the engine that serves, whatever became of the one before', async t => {
  await using s = await reaching(t)
  await s.ok('up', '-d')
  const paths = { watcher: '/var/run/docker.sock', byhand: '/engine.sock' }
  const binds = async (service: string) => {
    const mounts = await s.ok('exec', '-T', service, 'cat', '/proc/mounts')
    return mounts
      .split('\n')
      .filter(line => /\.sock /.test(line))
      .map(line => line.split(' ')[3]?.split(',')[0])
  }
  for (let life = 0; life < 3; life++) {
    for (const [service, path] of Object.entries(paths)) assert.equal(await ping(s, service, path), 'OK')
    assert.deepEqual([await binds('watcher'), await binds('byhand')], [['rw'], ['ro']])
    const before = s.enginePid()
    process.kill(before, 'SIGKILL')
    await eventually(async () => s.enginePid() !== before && alive(s.enginePid()), 'the next engine')
    await s.ok('ps')
  }
  assert.deepEqual(await binds('other'), [])
  await s.ok('down', '-t', '0')
})

test('a container with the socket must have what the user has for registries, and not be made anew for it', async t => {
  await using s = await reaching(t)
  const folder = join(s.root, 'docker')
  s.env.DOCKER_CONFIG = folder
  mkdirSync(folder)
  const login = (password: string) => {
    const auth = Buffer.from(`me:${password}`).toString('base64')
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { 'reg.test': { auth } }, psFormat: 'x' }))
    return { auths: { 'reg.test': { auth } } }
  }
  const first = login('one')
  await s.ok('up', '-d')
  const held = () => s.ok('exec', '-T', 'watcher', 'sh', '-c', 'cat "$DOCKER_CONFIG/config.json"')
  assert.deepEqual(JSON.parse(await held()), first)
  const id = await s.ok('ps', '--format', 'json', 'watcher')
  login('two')
  await s.ok('up', '-d')
  assert.equal(JSON.parse(await s.ok('ps', '--format', 'json', 'watcher')).ID, JSON.parse(id).ID)
  assert.equal(await s.ok('exec', '-T', 'other', 'sh', '-c', 'echo "$DOCKER_CONFIG"'), '\n')
  await s.ok('down', '-t', '0')
})
