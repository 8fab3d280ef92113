// What builds are asked besides their instructions: entitlements, arguments, another syntax, contexts in place of images,
// and layers that stand alone.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { WantedBuild } from '../../src/docker/protocol/extensions.ts'
import { type Built, build, contextOf, type Files } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const built = (Dockerfile: string, wanted: WantedBuild = {}, files: Files = {}): Promise<Built> =>
  build(engine, { Context: contextOf({ ...files, Dockerfile }), ...wanted })

/** What a command in the image says. */
async function said(Dockerfile: string, command: string, wanted: WantedBuild = {}, files: Files = {}) {
  const { id = '', error } = await built(Dockerfile, wanted, files)
  assert.equal(error?.message, undefined)
  return (await run(engine, { Image: id, Cmd: ['sh', '-c', command] })).stdout.trim()
}

const warningsOf = ({ events }: Built) => events.flatMap(event => (event.type === 'warning' ? event.text : []))
const layersOf = async ({ id = '' }: Built) => (await engine.docker.getImage(id).inspect()).RootFS?.Layers ?? []

test('the network of the host is given to a step only where the build allows it', async () => {
  const dockerfile = 'FROM busybox\nRUN --network=host readlink /proc/self/ns/net > /a'
  const own = (
    await run(engine, { Image: 'busybox', Cmd: ['readlink', '/proc/self/ns/net'], HostConfig: { NetworkMode: 'host' } })
  ).stdout.trim()
  const { error } = await built(dockerfile)
  assert.equal(error?.message, 'network.host is not allowed')
  assert.match(error?.path ?? '', /Dockerfile:2$/)
  assert.equal(await said(dockerfile, 'cat /a', { Entitlements: ['network.host'] }), own)
  assert.equal(await said(dockerfile, 'cat /a', { Network: 'host' }), own)
  const unknown = (await built(dockerfile, { Entitlements: ['network.hosts'] })).error
  assert.deepEqual(
    [unknown?.message, unknown?.hint],
    ['unknown entitlement network.hosts', 'did you mean network.host?'],
  )
})

test('another syntax than that of Docker is refused with its line', async () => {
  for (const syntax of [
    'docker/dockerfile:1.7-labs',
    'docker.io/docker/dockerfile@sha256:0',
    'mirror.test/docker/dockerfile-upstream:master',
  ])
    assert.equal((await built(`# syntax=${syntax}\nFROM busybox`)).error?.message, undefined)
  const { error } = await built('# check=skip=all\n# syntax = other/language:1\nFROM busybox')
  assert.match(error?.message ?? '', /^the syntax other\/language:1 is not available/)
  assert.match(error?.path ?? '', /Dockerfile:2$/)
  const byArgument = await built('FROM busybox', { Args: { BUILDKIT_SYNTAX: 'other/language:1' } })
  assert.match(byArgument.error?.message ?? '', /^the syntax other\/language:1/)
})

test('an argument that nothing declares is told, with the one that was meant', async () => {
  const base = await built('FROM busybox\nONBUILD ARG TRIGGERED', { Tags: ['trigger:1'] })
  assert.ok(base.id)
  const dockerfile = 'ARG GLOBAL\nFROM busybox AS other\nARG ELSEWHERE\nFROM trigger:1\nARG VERSION'
  const Args = { GLOBAL: '', ELSEWHERE: '', TRIGGERED: '', VERSION: '1', HTTP_PROXY: '', SOURCE_DATE_EPOCH: '1' }
  assert.deepEqual(warningsOf(await built(dockerfile, { Args })), [])
  assert.deepEqual(warningsOf(await built(dockerfile, { Args: { ...Args, VERISON: '2', X_Y_Z: '' } })), [
    'One or more build-args [VERISON X_Y_Z] were not consumed: is VERISON meant to be VERSION?',
  ])
})

test('arguments of the builder itself: the name of the host, and whose cache mounts they are', async () => {
  assert.equal(
    await said('FROM busybox\nRUN hostname > /a', 'cat /a', { Args: { BUILDKIT_SANDBOX_HOSTNAME: 'named' } }),
    'named',
  )
  const dockerfile = 'FROM busybox\nARG N\nRUN --mount=type=cache,target=/c touch /c/$N; ls /c > /a'
  const inSpace = (N: string, space: string) =>
    said(dockerfile, 'cat /a', { Args: { N, BUILDKIT_CACHE_MOUNT_NS: space } })
  assert.equal(await inSpace('one', 'x'), 'one')
  assert.equal(await inSpace('two', 'y'), 'two')
  assert.equal(await inSpace('three', 'x'), 'one\nthree')
})

test('FROM a context: a folder is an image of its files', async () => {
  const base = contextOf({ 'etc/own': 'own', '.dockerignore': 'left', left: '' })
  const made = await built('FROM base\nCOPY f /f', { Contexts: { base } }, { f: 'F' })
  assert.equal(made.error?.message, undefined)
  assert.equal((await layersOf(made)).length, 2)
  const dockerfile = 'FROM base AS one\nFROM busybox\nCOPY --from=one / /p'
  assert.equal(await said(dockerfile, 'cat /p/etc/own; ls /p', { Contexts: { base } }), 'ownetc')
  writeFileSync(join(base, 'etc/own'), 'new')
  assert.equal(await said(dockerfile, 'cat /p/etc/own', { Contexts: { base } }), 'new')
  const { error } = await built('FROM base', { Contexts: { base: 'oci-layout:///x' } })
  assert.match(error?.message ?? '', /the context base: oci-layout:\/\/\/x is of no kind/)
})

test('COPY --link makes a layer that stands alone: the same on another base, and no link leads it astray', async () => {
  const files = { f: 'F' }
  const linked = (base: string) => built(`FROM busybox\n${base}\nCOPY --link f /link/to/f`, {}, files)
  const [one, two] = [await linked('RUN true > /one'), await linked('RUN mkdir /target && ln -s target /link')]
  assert.deepEqual((await layersOf(two)).at(-1), (await layersOf(one)).at(-1))
  assert.match(two.steps.at(-1) ?? '', /COPY --link f \/link\/to\/f: cached/)
  const look = async ({ id = '' }: Built) =>
    (await run(engine, { Image: id, Cmd: ['sh', '-c', 'test -L /link || cat /link/to/f; ls /target'] })).stdout
  assert.equal(await look(two), 'F')
  const followed = await built('FROM busybox\nRUN mkdir /target && ln -s target /link\nCOPY f /link/to/f', {}, files)
  assert.equal(await look(followed), 'to\n')
  const again = await linked('RUN mkdir /target && ln -s target /link')
  assert.deepEqual(await layersOf(again), await layersOf(two))
  const { error } = await built('FROM busybox\nCOPY --link --chown=nobody f /f', {}, files)
  assert.match(error?.message ?? '', /nobody/)
})
