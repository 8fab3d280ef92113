// Requests that meet a start, a failed one included, or the wait for the next one.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Container } from '../../src/docker/client/container.ts'
import { jsonLines } from '../../src/docker/protocol/json-lines.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const sleeping = { Image: 'busybox', Cmd: ['sleep', '1000'] }
const statusOf = async (container: Container) => (await container.inspect()).State?.Status

/** A container in the middle of its start. */
async function beginning(wanted = {}): Promise<{ container: Container; started: Promise<void> }> {
  const container = await engine.docker.createContainer({ ...sleeping, ...wanted })
  const started = container.start()
  while (!existsSync(join(engine.runRoot, 'netns', container.id))) await new Promise(setImmediate)
  return { container, started }
}

/** Listens from now on; `told` resolves with the event of so many ends of the container. */
async function ends({ id }: Container, count: number): Promise<{ told: Promise<void> }> {
  const stream = await engine.docker.getEvents({ filters: { container: [id], event: ['die'] } })
  const told = (async () => {
    let seen = 0
    for await (const _ of jsonLines(stream)) if (++seen === count) return
  })()
  return { told }
}

/** A container that has ended several times, so that it waits for its next start for a while. */
async function backedOff(): Promise<Container> {
  const container = await engine.docker.createContainer({
    Image: 'busybox',
    Cmd: ['sh', '-c', 'echo life; exit 3'],
    HostConfig: { RestartPolicy: { Name: 'always' } },
  })
  const { told } = await ends(container, 4)
  await container.start()
  await told
  assert.equal(await statusOf(container), 'restarting')
  return container
}

/** `end` resolves with the end of the log. */
async function followed(container: Container): Promise<{ end: Promise<unknown> }> {
  const log = await container.logs({ stdout: true, follow: true })
  return { end: log.toArray() }
}

test('a container that is being started is stopped', async () => {
  const { container, started } = await beginning()
  await container.stop({ t: 0 })
  await started
  assert.equal(await statusOf(container), 'exited')
  await container.remove()
})

test('a container that is being started is killed', async () => {
  const { container, started } = await beginning()
  await container.kill()
  await started
  assert.equal(await statusOf(container), 'exited')
  await container.remove()
})

test('a container that is being started is only removed by force, which ends it first', async () => {
  const { container, started } = await beginning()
  await assert.rejects(container.remove(), /container is running: stop the container before removing/)
  await started
  assert.equal(await statusOf(container), 'running')
  await container.remove({ force: true })

  const next = await beginning()
  const ended = next.container.wait({ condition: 'next-exit' })
  await next.container.remove({ force: true })
  await next.started
  assert.equal((await ended).StatusCode, 137)
})

test('a container that is being started gets the network and the name that it is given', async () => {
  for (const Name of ['one', 'other']) await engine.docker.createNetwork({ Name })
  const asker = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'one' } })
  const { container, started } = await beginning({ name: 'before', HostConfig: { NetworkMode: 'one' } })
  await Promise.all([
    engine.docker.getNetwork('other').connect({ Container: container.id }),
    container.rename({ name: 'behind' }),
    started,
  ])
  const { stdout } = await exec(container, ['ip', '-4', '-o', 'addr'])
  const { Networks = {} } = (await container.inspect()).NetworkSettings ?? {}
  for (const { IPAddress } of Object.values(Networks)) assert.ok(IPAddress && stdout.includes(`${IPAddress}/`), stdout)
  assert.deepEqual(Object.keys(Networks).sort(), ['one', 'other'])
  assert.equal((await exec(asker, ['nslookup', '-type=a', 'behind'])).exitCode, 0)
  assert.notEqual((await exec(asker, ['nslookup', '-type=a', 'before'])).exitCode, 0)
  for (const one of [container, asker]) await one.remove({ force: true })
  for (const name of ['one', 'other']) await engine.docker.getNetwork(name).remove()
})

test('who waits for a container is told when its next start is called off', async () => {
  for (const callOff of ['stop', 'kill'] as const) {
    const container = await backedOff()
    const ended = container.wait()
    await container[callOff]()
    assert.equal(await statusOf(container), 'exited')
    assert.equal((await ended).StatusCode, 3)
    await container.remove()
  }
})

test('a container that waits for its next start is only removed by force', async () => {
  const container = await backedOff()
  await assert.rejects(container.remove(), /container is restarting: stop the container before removing/)
  await container.remove({ force: true })
})

test('a signal that ends nothing reaches nobody between two lives', async () => {
  const container = await backedOff()
  await container.kill({ signal: 'SIGHUP' })
  assert.equal(await statusOf(container), 'restarting')
  await container.remove({ force: true })
})

test('a restart by request ends the wait for the next start', async () => {
  const container = await backedOff()
  await container.restart()
  await until(async () => (await container.inspect()).RestartCount === 1, 'the first restart by its policy after it')
  await container.remove({ force: true })
})

test('who waits for a container, or follows it, is told when a restart fails', async () => {
  const source = await mkdtemp(join(tmpdir(), 'tsc-source-'))
  const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Binds: [`${source}:/mnt`] } })
  const log = await followed(container)
  rmSync(source, { recursive: true })
  const { told } = await ends(container, 2)
  await assert.rejects(container.restart({ t: 0 }))
  await told
  await log.end
  assert.equal(await statusOf(container), 'exited')
  await mkdir(source)
  await container.start()
  await container.remove({ force: true })
  rmSync(source, { recursive: true })
})

test('a container that is to be removed after its end is so after a start that failed', async () => {
  const container = await engine.docker.createContainer({
    Image: 'busybox',
    Cmd: ['no-such-program'],
    HostConfig: { AutoRemove: true },
  })
  const removed = container.wait({ condition: 'removed' })
  await assert.rejects(container.start(), /no-such-program/)
  assert.equal((await removed).StatusCode, 127)
  await assert.rejects(container.inspect(), /No such container/)
})

test('a restart during a restart is not the end', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { AutoRemove: true } })
  const { told } = await ends(container, 1)
  const second = told.then(() => container.restart({ t: 0 }))
  await container.restart({ t: 0 })
  await second
  assert.equal(await statusOf(container), 'running')
  await container.remove({ force: true })
})

test('a program that is executed gets the end of its input also from a client that leaves with output unread', async () => {
  const container = await start(engine, { Cmd: ['sleep', '1000'] })
  const executed = await container.exec({
    Cmd: ['sh', '-c', 'head -c 300000 /dev/zero; cat > /dev/null; exit 7'],
    AttachStdin: true,
    AttachStdout: true,
  })
  const stream = await executed.start()
  await new Promise(resolve => stream.once('readable', resolve))
  stream.destroy()
  await until(async () => (await executed.inspect()).ExitCode === 7, 'its end')
  await container.remove({ force: true })
})
