// Caches that go from one machine to another through a registry: two engines that have nothing in common but it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { type Built, build, contextOf } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let one: TestEngine
let two: TestEngine
let registry: TestRegistry
before(async () => {
  registry = await startRegistry()
  one = await startEngine()
  two = await startEngine()
  for (const engine of [one, two]) {
    await engine.docker.negotiate()
    await importBusybox(engine)
  }
})
after(async () => {
  await one[Symbol.asyncDispose]()
  await two[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

const context = (dockerfile: string): string => contextOf({ Dockerfile: dockerfile, f: 'F' })
async function succeed(engine: TestEngine, wanted: WantedBuild): Promise<Built> {
  const built = await build(engine, wanted)
  assert.equal(built.error?.message, undefined)
  return built
}
/** Steps that did something. */
const done = ({ steps }: Built) => steps.filter(step => step.startsWith('[') && step.endsWith(': done'))
const warnings = ({ events }: Built) => events.flatMap(event => (event.type === 'warning' ? event.text : []))
async function push(engine: TestEngine, name: string): Promise<void> {
  const [, repository = '', tag = ''] = /^(.*):([^:]*)$/.exec(name) ?? []
  for await (const _ of await engine.docker.getImage(repository).push({ tag }));
}

const layersOf = async ({ docker }: TestEngine, { id = '' }: Built) =>
  (await docker.getImage(id).inspect()).RootFS?.Layers

/** Nothing of it is the same twice. */
const unique = 'cat /proc/sys/kernel/random/uuid'

test('an inline cache: the second machine builds nothing, and has the same layers', async () => {
  const name = `${registry.host}/inline:1`
  const folder = context(`FROM busybox\nRUN ${unique} > /a\nWORKDIR /w\nRUN true\nCOPY f .\nCMD ["cat", "/a", "f"]`)
  const first = await succeed(one, { Context: folder, Tags: [name], InlineCache: true })
  assert.equal(done(first).length, 4)
  await push(one, name)
  const second = await succeed(two, { Context: folder, Tags: [name], CacheFrom: [name], InlineCache: true })
  assert.deepEqual(done(second), [])
  assert.deepEqual(await layersOf(two, second), await layersOf(one, first))
  assert.match((await run(two, { Image: name })).stdout, /^[0-9a-f-]{36}\nF$/)
  // Without asking anybody, and as something that can be pushed and saved.
  assert.deepEqual(done(await succeed(two, { Context: folder })), [])
  await two.docker.pruneBuilds({})
  assert.match((await run(two, { Image: name })).stdout, /^[0-9a-f-]{36}\nF$/)
  await push(two, name.replace(':1', ':2'))
    .catch(() => two.docker.getImage(name).tag({ repo: name.replace(':1', ''), tag: '2' }))
    .then(() => push(two, name.replace(':1', ':2')))
})

test('a cache in a registry has what all stages made, where that is asked for', async () => {
  const dockerfile = `FROM busybox AS made\nRUN mkdir /d && ${unique} > /d/a\nFROM busybox\nCOPY --from=made /d/a /a\nRUN ${unique} > /b\nCMD ["cat", "/a", "/b"]`
  const folder = context(dockerfile)
  const [all, some] = ['all', 'some'].map(tag => `${registry.host}/cache:${tag}`) as [string, string]
  const CacheTo = [{ Ref: all, Mode: 'max' as const }, { Ref: some }]
  const first = await succeed(one, { Context: folder, CacheTo })
  const steps = async (CacheFrom: string[]) => {
    await two.docker.pruneBuilds({ all: true })
    return succeed(two, { Context: folder, CacheFrom })
  }
  const second = await steps([`${registry.host}/cache:none`, all])
  assert.deepEqual(done(second), [], warnings(second).join())
  assert.match(warnings(second).join(), /cache_from 127\.0\.0\.1:\d+\/cache:none: .*not found|unknown/)
  assert.equal((await run(two, { Image: second.id ?? '' })).stdout, (await run(one, { Image: first.id ?? '' })).stdout)
  // What the other stage made is not there, and so it is another file.
  assert.equal(done(await steps([some])).length, 3)
})

test('an image that does not tell what it was made of is told of, and nothing of it is used', async () => {
  const name = `${registry.host}/plain:1`
  const folder = context(`FROM busybox\nRUN ${unique} > /plain`)
  await succeed(one, { Context: folder, Tags: [name] })
  await push(one, name)
  const second = await succeed(two, { Context: folder, CacheFrom: [name] })
  assert.equal(done(second).length, 1)
  assert.match(warnings(second).join(), /plain:1: it does not tell what it was made of/)
})

test('a cache that can not be written fails the build, unless that is allowed', async () => {
  const folder = context('FROM busybox\nRUN true')
  const Ref = '127.0.0.1:1/nobody/cache:1'
  assert.match((await build(one, { Context: folder, CacheTo: [{ Ref }] })).error?.message ?? '', /^cache_to 127/)
  assert.match(
    warnings(await succeed(one, { Context: folder, CacheTo: [{ Ref, IgnoreError: true }] })).join(),
    /cache_to 127/,
  )
})
