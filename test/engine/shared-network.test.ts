// A container in another's network keeps it for as long as it runs, whatever the other does.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Container } from '../../src/docker/client/container.ts'
import type { RestartPolicy } from '../../src/docker/protocol/types.ts'
import { projectTraces } from '../e2e/traces.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'net' })
})
after(() => engine[Symbol.asyncDispose]())

const url = 'http://127.0.0.1:18391/'
const served = async () => (await fetch(url, { signal: AbortSignal.timeout(2000) })).text()
const from = async (container: Container) =>
  (await exec(container, ['timeout', '2', 'wget', '-qO-', 'http://127.0.0.1/'])).stdout

async function pair(policy: RestartPolicy = {}): Promise<{ owner: Container; sharer: Container }> {
  const owner = await start(engine, {
    name: 'owner',
    Cmd: ['sh', '-c', 'echo served > /var/www/index.html; exec httpd -f -p 80 -h /var/www'],
    HostConfig: {
      NetworkMode: 'net',
      RestartPolicy: { Name: 'always' },
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18391' }] },
    },
  })
  const sharer = await start(engine, {
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: 'container:owner', RestartPolicy: policy },
  })
  return { owner, sharer }
}

test('it goes on when the other one restarts, by request, by policy and after a kill of the engine', async () => {
  const { owner, sharer } = await pair()
  assert.equal(await from(sharer), 'served\n')
  await owner.restart({ t: 0 })
  await until(async () => (await from(sharer)) === 'served\n', 'the other one, restarted')
  assert.equal(await served(), 'served\n')
  process.kill((await owner.inspect()).State?.Pid ?? 0, 'SIGKILL')
  await until(async () => (await owner.inspect()).RestartCount === 1, 'the restart')
  await until(async () => (await from(sharer)) === 'served\n', 'the other one, after its end')

  await owner.stop({ t: 0 })
  await exec(sharer, ['sh', '-c', 'mkdir -p /w; echo mine > /w/index.html; httpd -p 80 -h /w'])
  assert.equal(await served(), 'mine\n', 'its port leads into the network that is kept')
  await engine.crash()
  const [again, other] = [sharer, owner].map(({ id }) => engine.docker.getContainer(id)) as [Container, Container]
  assert.equal(await from(again), 'mine\n')
  assert.equal(await served(), 'mine\n')
  assert.equal((await exec(again, ['nslookup', '-type=a', 'owner'])).exitCode, 0, 'names are answered')
  await exec(again, ['sh', '-c', 'kill $(pidof httpd)'])
  await other.start()
  await until(async () => (await from(again)) === 'served\n', 'the other one, started')
  assert.equal(await served(), 'served\n')
  await other.stop({ t: 0 })
  await again.remove({ force: true })
  // With the last who shared it the network goes, though the other one is still there.
  await until(() => !projectTraces(engine.root).some(line => /netns|link \w+v/.test(line)), 'the end of the network')
  await assert.rejects(fetch(url))
  await other.remove()
})

test('a removal takes it away, and leaves nothing', async () => {
  const { owner, sharer } = await pair()
  await owner.remove({ force: true })
  assert.equal((await sharer.inspect()).State?.Status, 'running')
  await sharer.remove({ force: true })
  await until(
    () => !projectTraces(engine.root).some(line => /netns|link \w+v|containers/.test(line)),
    'the end of both',
  )
})

test('its policy brings it back when the other one comes back, also after a start that failed', async () => {
  const { owner, sharer } = await pair({ Name: 'always' })
  await owner.stop({ t: 0 })
  // Neither is there any more, nor the network that they shared.
  process.kill((await sharer.inspect()).State?.Pid ?? 0, 'SIGKILL')
  await until(async () => ((await sharer.inspect()).RestartCount ?? 0) >= 2, 'a start that failed')
  const { State } = await sharer.inspect()
  assert.deepEqual([State?.Status, State?.ExitCode], ['restarting', 128])
  assert.match(State?.Error ?? '', /cannot join network namespace of a non running container/)
  await owner.start()
  await until(async () => (await sharer.inspect()).State?.Status === 'running', 'the next start')
  await until(async () => (await from(sharer)) === 'served\n', 'the other one')
  await sharer.remove({ force: true })
  await owner.remove({ force: true })
})

test('it is lost to none while they start at once', async () => {
  const { owner, sharer } = await pair()
  await sharer.stop({ t: 0 })
  // The end of the one comes in the middle of the other's start.
  for (let round = 0; round < 10; round++) {
    const starting = sharer.start()
    process.kill((await owner.inspect()).State?.Pid ?? 0, 'SIGKILL')
    await starting
    await until(async () => (await from(sharer)) === 'served\n', 'the other one')
    await sharer.stop({ t: 0 })
    // By hand, so that the next delay is a short one again.
    await owner.restart({ t: 0 })
  }
  await sharer.remove({ force: true })
  await owner.remove({ force: true })
})
