// Much of everything: a gigabyte of output, a thousand containers in a row, three hundred at once. The engine's memory
// stays below 200 MB, and afterwards there is nothing more than before.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { frames } from '../../src/docker/protocol/frames.ts'
import { linkNames } from '../../src/engine/networks/link-names.ts'
import { projectTraces } from '../e2e/traces.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { importBusybox, run, start } from './run.ts'

const mostMemory = 200 * 1024 * 1024

const memory = async ({ docker }: TestEngine) => (await docker.extension('status')).memoryBytes
const descriptors = (engine: TestEngine) => readdirSync(`/proc/${engine.pid()}/fd`).length

async function assertSmall(engine: TestEngine): Promise<void> {
  const bytes = await memory(engine)
  assert.ok(bytes < mostMemory, `the engine holds ${Math.round(bytes / 2 ** 20)} MiB`)
}

/** What a container has on the host; the default bridge stays once it was used. */
const ofContainers = (engine: TestEngine) =>
  projectTraces(engine.root).filter(
    line => !line.includes(`link ${linkNames(engine.root).prefix}b`) && !/name .* ip saddr/.test(line),
  )

/** What is asked for at the beginning, and must be so again at the end. */
async function standing(engine: TestEngine): Promise<unknown> {
  const { Containers } = await engine.docker.getNetwork('bridge').inspect()
  return {
    traces: projectTraces(engine.root),
    containers: await engine.docker.listContainers({ all: true }),
    volumes: (await engine.docker.listVolumes()).Volumes,
    leases: Containers,
  }
}

async function assertReturned(engine: TestEngine, before: { standing: unknown; descriptors: number }): Promise<void> {
  // Connections that the test itself opened are not the engine's.
  engine.reconnect()
  await until(() => descriptors(engine) <= before.descriptors + 5, 'the end of the last descriptors')
  await until(() => ofContainers(engine).length === 0, `the end of ${ofContainers(engine).join('\n')}`)
  assert.deepEqual(await standing(engine), before.standing)
  await assertSmall(engine)
}

async function flooded(): Promise<{ engine: TestEngine; before: { standing: unknown; descriptors: number } }> {
  const engine = await startEngine()
  await importBusybox(engine)
  await run(engine, { Cmd: ['true'] })
  await until(() => ofContainers(engine).length === 0, 'the end of the first')
  return { engine, before: { standing: await standing(engine), descriptors: descriptors(engine) } }
}

test('a gigabyte of output of one container, followed to the last byte', async () => {
  const { engine, before } = await flooded()
  await using _ = engine
  const gigabyte = 1024 * 1024 * 1024
  const line = 'x'.repeat(4095)
  const container = await start(engine, { Cmd: ['sh', '-c', `yes ${line} | head -c ${gigabyte}`] })
  let bytes = 0
  let chunks = 0
  for await (const { data } of frames(await container.logs({ stdout: true, follow: true }))) {
    bytes += data.length
    if (++chunks % 20_000 === 0) await assertSmall(engine)
  }
  assert.equal(bytes, gigabyte)
  await container.remove()
  await assertReturned(engine, before)
})

test('a thousand short containers in a row', async () => {
  const { engine, before } = await flooded()
  await using _ = engine
  for (let count = 1; count <= 1000; count++) {
    const { exitCode } = await run(engine, {
      Cmd: ['sh', '-c', 'exit 3'],
      HostConfig: { Tmpfs: { '/t': '' }, Binds: ['/data'] },
    })
    assert.equal(exitCode, 3)
    if (count % 100 === 0) await assertSmall(engine)
  }
  await assertReturned(engine, before)
})

test('three hundred containers at once', async () => {
  const { engine, before } = await flooded()
  await using _ = engine
  const { docker } = engine
  const containers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => start(engine, { name: `one-${index}`, Cmd: ['sleep', '1000'] })),
  )
  assert.equal((await docker.listContainers()).length, 300)
  await assertSmall(engine)
  await Promise.all(containers.map(container => container.remove({ force: true })))
  await assertReturned(engine, before)
})
