// What the store holds can be seen, taken out and brought back: by this engine, by skopeo, under the same digests.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { followProgress, jsonLines, type Progress } from '../../src/docker/protocol/json-lines.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, shell } from './run.ts'

let engine: TestEngine
let other: TestEngine
let registry: TestRegistry
const folder = mkdtempSync(join(tmpdir(), 'tsc-store-'))

before(async () => {
  ;[engine, other, registry] = await Promise.all([startEngine(), startEngine(), startRegistry()])
  await importBusybox(engine)
})
after(async () => {
  for (const one of [engine, other, registry]) await one[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const skopeo = (...words: string[]) => execFileSync('skopeo', words, { encoding: 'utf8', stdio: 'pipe' })

/** An answer of the engine as it is. */
function ask(path: string, { socketPath } = engineRoots(engine.env)): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath, path }, response =>
        buffer(response).then(body => resolve({ status: response.statusCode ?? 0, body }), reject),
      )
      .on('error', reject)
  })
}

async function json<T>(path: string): Promise<T> {
  const { status, body } = await ask(path)
  assert.equal(status, 200, String(body))
  return JSON.parse(String(body)) as T // the test says which
}

async function load(into: TestEngine, tar: Buffer): Promise<string> {
  const said: Progress[] = []
  // Each is an object of the stream's shape.
  for await (const one of jsonLines(await into.docker.loadImage(tar))) said.push(one as Progress)
  return said.map(({ stream = '', error = '' }) => stream + error).join('')
}

/** BusyBox with a file more. */
async function marked(name: string, text: string): Promise<string> {
  const container = await engine.docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', `echo ${text} > /mark`] })
  const ended = container.wait({ condition: 'next-exit' })
  await container.start()
  await ended
  const { Id } = await container.commit({ repo: name, tag: '1', comment: `marked ${text}` })
  await container.remove()
  return Id
}

test('a saved image is loaded by another engine, runs there, and is the same', async () => {
  const id = await marked('saved', 'carried')
  await engine.docker.getImage('saved:1').tag({ repo: 'registry.example/team/saved', tag: '2' })
  const { body } = await ask('/images/get?names=saved:1&names=registry.example/team/saved:2&names=busybox')
  assert.match(
    await load(other, body),
    /Loaded image: saved:1\nLoaded image: registry\.example\/team\/saved:2\nLoaded image: busybox:latest/,
  )
  assert.equal((await other.docker.getImage('saved:1').inspect()).Id, id)
  assert.equal((await shell(other, 'cat /mark', { Image: 'saved:1' })).stdout, 'carried\n')
  const again = await ask('/images/saved:1/get', engineRoots(other.env))
  const first = await ask('/images/saved:1/get')
  assert.ok(again.body.equals(first.body), 'saved again it is the same archive')
})

test('skopeo reads a saved archive in both of its forms, and the engine what skopeo writes', async () => {
  await marked('both', 'skopeo')
  const archive = join(folder, 'both.tar')
  writeFileSync(archive, (await ask('/images/both:1/get')).body)
  execFileSync('mkdir', ['-p', `${folder}/layout`])
  execFileSync('tar', ['-xf', archive, '-C', `${folder}/layout`])
  const { Layers } = JSON.parse(skopeo('inspect', `docker-archive:${archive}`)) as { Layers: string[] }
  assert.equal(Layers.length, 2)
  assert.deepEqual((JSON.parse(skopeo('inspect', `oci:${folder}/layout`)) as { Layers: string[] }).Layers.length, 2)
  for (const kind of ['docker-archive', 'oci-archive']) {
    skopeo('copy', '-q', `docker-archive:${archive}`, `${kind}:${folder}/${kind}.tar:from/${kind}:1`)
    assert.match(
      await load(other, readFileSync(join(folder, `${kind}.tar`))),
      new RegExp(`Loaded image: from/${kind}:1`),
    )
    assert.equal((await shell(other, 'cat /mark', { Image: `from/${kind}:1` })).stdout, 'skopeo\n')
  }
})

test('a pulled image is saved with the manifest that it came with', async () => {
  await marked('pulled', 'there')
  const name = `${registry.host}/pulled`
  await engine.docker.getImage('pulled:1').tag({ repo: name, tag: '1' })
  await followProgress(await engine.docker.getImage(name).push({ tag: '1' }))
  const { Digest } = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${name}:1`)) as { Digest: string }
  await followProgress(await other.docker.pull(`${name}:1`))
  const { body } = await ask(`/images/${name}:1/get`, engineRoots(other.env))
  execFileSync('tar', ['-xf', '-', '-C', folder, 'index.json'], { input: body })
  const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[]
  }
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [Digest],
  )
})

test('a repository without a tag is saved with all of its tags; what is not there is told before a byte', async () => {
  await marked('many', 'a')
  await engine.docker.getImage('busybox').tag({ repo: 'many', tag: '2' })
  const said = await load(other, (await ask('/images/many/get')).body)
  assert.match(said, /Loaded image: many:1/)
  assert.match(said, /Loaded image: many:2/)
  const { status, body } = await ask('/images/get?names=busybox&names=nothing')
  assert.deepEqual([status, String(body)], [404, '{"message":"No such image: nothing:latest"}\n'])
})

test('inspect, list and history show sizes, shared sizes and manifests', async () => {
  await importTar(engine, 'sized', tarOf([{ name: 'data', body: Buffer.alloc(300_000, 1) }]), false, [
    'LABEL size=300000',
  ])
  await marked('above', 'x')
  type Line = { Id: string; Size: number; SharedSize: number; RepoTags: string[]; Manifests?: { Available: boolean }[] }
  const list = await json<Line[]>('/images/json?shared-size=1&manifests=1')
  const named = (name: string) => list.find(({ RepoTags }) => RepoTags.includes(name))
  assert.equal(named('sized:latest')?.Size, 300_000)
  assert.equal(named('sized:latest')?.SharedSize, 0)
  const busybox = named('busybox:latest')
  assert.equal(named('above:1')?.SharedSize, busybox?.Size)
  assert.equal(named('above:1')?.Size, (busybox?.Size ?? 0) + 2)
  const pulled = list.find(({ RepoTags }) => RepoTags.includes(`${registry.host}/pulled:1`))
  assert.equal(pulled?.Manifests?.[0]?.Available, true)
  const history = await engine.docker.getImage('above:1').history()
  assert.deepEqual(
    history.map(({ Size, Comment }) => [Size, Comment]),
    [
      [2, 'marked x'],
      [busybox?.Size, 'Imported from -'],
    ],
  )
  assert.equal((await ask('/images/above:1/history?platform=windows/amd64')).status, 404)
  assert.equal((await ask('/images/above:1/json?platform={"os":"linux"}')).status, 400)
})

test('lists are filtered by name, label, age and neighbours', async () => {
  const names = async (filters: Record<string, string[]>) =>
    (await engine.docker.listImages({ filters })).flatMap(({ RepoTags = [] }) => RepoTags)
  assert.deepEqual(await names({ reference: ['siz*'] }), ['sized:latest'])
  assert.deepEqual(await names({ reference: ['sized:l*'] }), ['sized:latest'])
  assert.deepEqual(await names({ label: ['size=300000'] }), ['sized:latest'])
  assert.deepEqual(await names({ label: ['size=1'] }), [])
  const before = await names({ before: ['sized'] })
  assert.ok(before.includes('busybox:latest') && !before.includes('above:1'))
  const since = await names({ since: ['sized'] })
  assert.ok(since.includes('above:1') && !since.includes('busybox:latest'))
  assert.deepEqual(await names({ until: ['1h'] }), [])
  assert.deepEqual(await names({ dangling: ['true'] }), [])
})

test('an archive is imported for the platform that is named', async () => {
  const tar = tarOf([{ name: 'file', body: 'x' }])
  for await (const _ of await engine.docker.importImage(tar, { repo: 'armed', platform: 'linux/armhf' }));
  const { Os, Architecture, Variant } = await engine.docker.getImage('armed').inspect()
  assert.deepEqual([Os, Architecture, Variant], ['linux', 'arm', 'v7'])
  await assert.rejects(engine.docker.importImage(tar, { repo: 'x', platform: 'nothing' }), /unknown operating system/)
})

test('an image without a choice of platforms is pulled for any, and that it is for another one is told', async () => {
  const name = `${registry.host}/armed`
  await engine.docker.getImage('armed').tag({ repo: name, tag: '1' })
  await followProgress(await engine.docker.getImage(name).push({ tag: '1' }))
  const said = async (platform: string) => {
    const statuses: string[] = []
    await followProgress(await other.docker.pull(`${name}:1`, { platform }), ({ status = '' }) => statuses.push(status))
    return statuses.filter(status => status.startsWith('Warning'))
  }
  assert.deepEqual(await said('linux/amd64'), [
    "Warning: the image's platform (linux/arm/v7) does not match the specified platform (linux/amd64)",
  ])
  assert.deepEqual(await said('linux/arm64'), [])
})

test('what a registry has is told without taking it', async () => {
  const name = `${registry.host}/pulled:1`
  const told = await engine.docker.getImage(name).distribution()
  const { Digest, Os, Architecture } = JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${name}`)) as {
    Digest: string
    Os: string
    Architecture: string
  }
  assert.equal(told.Descriptor.digest, Digest)
  assert.equal(told.Descriptor.mediaType, 'application/vnd.oci.image.manifest.v1+json')
  assert.partialDeepStrictEqual(told.Platforms, [{ os: Os, architecture: Architecture }])
  await assert.rejects(
    engine.docker.getImage(`${registry.host}/nothing:1`).distribution(),
    /: not found|pull access denied/,
  )
})

test('df counts layers once, what containers have written, and volumes', async () => {
  await engine.docker.createVolume({ Name: 'counted' })
  const container = await engine.docker.createContainer({
    Image: 'busybox',
    Cmd: ['sh', '-c', 'head -c 5000 /dev/zero > /own; head -c 7000 /dev/zero > /data/own; ln /data/own /data/again'],
    HostConfig: { Binds: ['counted:/data'] },
  })
  const ended = container.wait({ condition: 'next-exit' })
  await container.start()
  await ended
  type Usage = {
    LayersSize: number
    Images: { Size: number; SharedSize: number }[]
    Containers: { Id: string; SizeRw: number; SizeRootFs: number }[]
    Volumes: { Name: string; UsageData: { Size: number; RefCount: number } }[]
    BuildCache: []
  }
  const usage = await json<Usage>('/system/df')
  const apart = usage.Images.reduce((sum, { Size, SharedSize }) => sum + Size - SharedSize, 0)
  assert.ok(usage.LayersSize < usage.Images.reduce((sum, { Size }) => sum + Size, 0))
  assert.ok(usage.LayersSize > apart)
  assert.equal(usage.Containers.find(({ Id }) => Id === container.id)?.SizeRw, 5000)
  assert.deepEqual(usage.Volumes.find(({ Name }) => Name === 'counted')?.UsageData, { Size: 7000, RefCount: 1 })
  assert.deepEqual(Object.keys(await json<Usage>('/system/df?type=volume')), ['Volumes'])
  assert.equal((await ask('/system/df?type=plugin')).status, 400)
  await container.remove({ v: true })
})

test('prune takes what has no name, and tells how much room that gave', async () => {
  await importTar(engine, 'unnamed', tarOf([{ name: 'data', body: Buffer.alloc(50_000, 2) }]))
  await importTar(engine, 'unnamed', tarOf([{ name: 'data', body: 'another' }]))
  const { SpaceReclaimed = 0, ImagesDeleted = [] } = await engine.docker.pruneImages({
    filters: { dangling: ['true'] },
  })
  assert.equal(SpaceReclaimed, 50_000)
  assert.equal(ImagesDeleted?.filter(({ Deleted }) => Deleted).length, 1)
})
