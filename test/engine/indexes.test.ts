// An image for several platforms stays one: its index is kept with what is here of it, pushed and saved as it came, and
// goes with the last name.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, test } from 'node:test'
import { followProgress, jsonLines, type Progress } from '../../src/docker/protocol/json-lines.ts'
import { formatPlatform, hostPlatform } from '../../src/registry/platform.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { type PushedIndex, pushIndex } from './multi-platform.ts'

let engine: TestEngine
let other: TestEngine
let registry: TestRegistry
let name: string
let pushed: PushedIndex

const own = formatPlatform(hostPlatform())
const foreign = own === 'linux/s390x' ? 'linux/ppc64le' : 'linux/s390x'
const third = 'linux/riscv64'

before(async () => {
  ;[engine, other, registry] = await Promise.all([startEngine(), startEngine(), startRegistry()])
})
after(async () => {
  for (const one of [engine, other, registry]) await one[Symbol.asyncDispose]()
})

let count = 0
beforeEach(async () => {
  for (const one of [engine, other])
    for (const { Id } of await one.docker.listImages()) await one.docker.getImage(Id).remove({ force: true })
  name = `${registry.host}/many/image-${++count}`
  pushed = await pushIndex(`${name}:1`, [own, foreign, third])
})

interface Manifest {
  ID: string
  Available: boolean
  Kind: string
  AttestationData?: { For: string }
  ImageData?: { Platform: object }
}
interface Shown {
  Id: string
  RepoTags: string[]
  RepoDigests: string[]
  Architecture: string
  Descriptor: { digest: string; mediaType: string }
  Manifests: Manifest[]
}

function ask(
  path: string,
  { method = 'GET', from = engine, body }: { method?: string; from?: TestEngine; body?: Uint8Array } = {},
) {
  const { socketPath } = engineRoots(from.env)
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    http
      .request({ socketPath, path, method }, response =>
        buffer(response).then(content => resolve({ status: response.statusCode ?? 0, body: content }), reject),
      )
      .on('error', reject)
      .end(body)
  })
}

async function shown(path: string, from = engine): Promise<Shown> {
  const { status, body } = await ask(path, { from })
  assert.equal(status, 200, String(body))
  return JSON.parse(String(body)) as Shown // inspect's or the list's
}

const inspect = (ref: string, query = '', from = engine) => shown(`/images/${ref}/json${query}`, from)
const platformOf = (text: string) => {
  const [os, architecture] = text.split('/')
  return encodeURIComponent(JSON.stringify({ os, architecture }))
}

async function pull(platform?: string, from = engine): Promise<void> {
  await followProgress(await from.docker.pull(`${name}:1`, platform === undefined ? {} : { platform }))
}

async function pushTo(repository: string, query: Record<string, string> = {}): Promise<Progress[]> {
  await engine.docker.getImage(`${name}:1`).tag({ repo: repository, tag: '1' })
  const said: Progress[] = []
  // Each is an object of the stream's shape.
  for await (const one of jsonLines(await engine.docker.getImage(repository).push({ tag: '1', ...query })))
    said.push(one as Progress)
  return said
}

const skopeo = (...words: string[]) => execFileSync('skopeo', words, { encoding: 'utf8', stdio: 'pipe' })
const rawOf = (image: string) => skopeo('inspect', '--raw', '--tls-verify=false', `docker://${image}`)
const blobsOf = ({ root }: TestEngine) => readdirSync(join(root, 'blobs/sha256'))
const available = ({ Manifests }: Shown) =>
  Manifests.filter(({ Available }) => Available)
    .map(({ ID }) => ID)
    .sort()

test('the index that a name led to is kept and shown, with what is here of it', async () => {
  await pull()
  const image = await inspect(`${name}:1`, '?manifests=1')
  assert.deepEqual(image.RepoDigests, [`${name}@${pushed.digest}`])
  assert.equal(image.Descriptor.digest, pushed.digest)
  assert.match(image.Descriptor.mediaType, /image\.index/)
  assert.deepEqual(available(image), [pushed.manifests[own], pushed.attestations[own]].sort())
  assert.deepEqual(
    image.Manifests.map(({ Kind, AttestationData }) => AttestationData?.For ?? Kind),
    ['image', 'image', 'image', ...[own, foreign, third].map(platform => pushed.manifests[platform])],
  )
  const [listed] = (await shown('/images/json?manifests=1&digests=1')) as unknown as Shown[]
  assert.deepEqual(listed?.Descriptor, image.Descriptor)
  assert.deepEqual(listed?.Manifests, image.Manifests)
  assert.equal((await inspect(`${name}@${pushed.digest}`)).Id, image.Id)
  const both = await ask(`/images/${name}:1/json?manifests=1&platform=${platformOf(own)}`)
  assert.match(String(both.body), /manifests and platform options cannot both be set/)
})

test('a second platform joins the name, which goes on standing for the host', async () => {
  await pull(foreign)
  const first = await inspect(`${name}:1`)
  assert.equal(first.Architecture, foreign.split('/')[1])
  await pull()
  const image = await inspect(`${name}:1`, '?manifests=1')
  assert.equal(image.Architecture, hostPlatform().architecture)
  assert.equal(available(image).length, 4)
  const chosen = await inspect(`${name}:1`, `?platform=${platformOf(foreign)}`)
  assert.equal(chosen.Id, first.Id)
  assert.equal(chosen.Descriptor.digest, pushed.manifests[foreign])
  assert.deepEqual(chosen.RepoTags, [`${name}:1`])
  const list = await engine.docker.listImages()
  assert.deepEqual(
    list.map(({ Id, RepoTags }) => [Id, RepoTags]),
    [[image.Id, [`${name}:1`]]],
  )
  const absent = await ask(`/images/${name}:1/json?platform=${platformOf(third)}`)
  assert.equal(absent.status, 404)
  assert.match(String(absent.body), /was found but does not provide the specified platform \(linux\/riscv64\)/)
  const container = await engine.docker.createContainer({ Image: `${name}:1`, platform: foreign })
  const made = await container.inspect()
  assert.equal(made.Image, first.Id)
  assert.equal(made.ImageManifestDescriptor?.digest, pushed.manifests[foreign])
  const [line] = await engine.docker.listContainers({ all: true })
  assert.equal(line?.ImageManifestDescriptor?.digest, pushed.manifests[foreign])
  await container.remove()
})

test('a platform is found by its other names; one whose programs it runs too will do for a container', async () => {
  name = `${registry.host}/arms:1`
  await pushIndex(name, ['linux/arm/v5', 'linux/arm/v6'])
  await followProgress(await engine.docker.pull(name, { platform: 'linux/armhf' }))
  const { Id } = await inspect(name, `?platform=${encodeURIComponent('{"os":"linux","architecture":"armel"}')}`)
  const container = await engine.docker.createContainer({ Image: name, platform: 'linux/arm' })
  assert.equal((await container.inspect()).Image, Id)
  await container.remove()
  assert.equal((await ask(`/images/${name}?platforms=${platformOf('linux/arm')}`, { method: 'DELETE' })).status, 404)
})

test('the platform is the one that the index tells, where the configuration lacks the variant', async () => {
  name = `${registry.host}/bare`
  await pushIndex(`${name}:1`, ['linux/arm/v6', 'linux/arm/v5'], { variants: false })
  await pull('linux/arm/v6')
  await pull('linux/arm/v5')
  const json = (variant: string) => encodeURIComponent(JSON.stringify({ os: 'linux', architecture: 'arm', variant }))
  const [sixth, fifth] = [
    await inspect(`${name}:1`, `?platform=${json('v6')}`),
    await inspect(`${name}:1`, `?platform=${json('v5')}`),
  ]
  assert.notEqual(sixth.Id, fifth.Id)
  const container = await engine.docker.createContainer({ Image: `${name}:1`, platform: 'linux/arm/v6' })
  assert.equal((await container.inspect()).Image, sixth.Id)
  await container.remove()
})

test('with all of its manifests here the index is pushed as it came', async () => {
  for (const platform of [own, foreign, third]) await pull(platform)
  const copy = `${registry.host}/whole/copy`
  const said = await pushTo(copy)
  assert.equal(said.find(({ error }) => error)?.error, undefined)
  assert.match(said.map(({ status }) => status).join('\n'), new RegExp(`1: digest: ${pushed.digest}`))
  assert.equal(rawOf(`${copy}:1`), rawOf(`${name}:1`))
  skopeo('copy', '-q', '--all', '--src-tls-verify=false', `docker://${copy}:1`, `dir:${registry.folder}/whole`)
  assert.deepEqual(
    (await inspect(`${copy}:1`)).RepoDigests.sort(),
    [`${copy}@${pushed.digest}`, `${name}@${pushed.digest}`].sort(),
  )
})

test("so is Docker's manifest list, as another client wrote it", async () => {
  const source = `${registry.host}/list/source:1`
  await pushIndex(source, [own, foreign], { attested: false })
  name = `${registry.host}/list/docker`
  const quietly = ['-q', '--all', '--src-tls-verify=false', '--dest-tls-verify=false', '--format', 'v2s2']
  skopeo('copy', ...quietly, `docker://${source}`, `docker://${name}:1`)
  for (const platform of [own, foreign]) await pull(platform)
  assert.equal(
    (await inspect(`${name}:1`)).Descriptor.mediaType,
    'application/vnd.docker.distribution.manifest.list.v2+json',
  )
  const copy = `${registry.host}/list/copy`
  await pushTo(copy)
  assert.equal(rawOf(`${copy}:1`), rawOf(`${name}:1`))
})

test('with some of them missing the one that is here is pushed, and that is told', async () => {
  await pull()
  const copy = `${registry.host}/part/copy`
  const said = await pushTo(copy)
  const note = said.find(({ aux }) => aux !== undefined && 'manifestPushedInsteadOfIndex' in Object(aux))
  assert.partialDeepStrictEqual(note?.aux, {
    manifestPushedInsteadOfIndex: true,
    originalIndex: { digest: pushed.digest },
    selectedManifest: { digest: pushed.manifests[own] },
  })
  assert.equal(JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${copy}:1`)).Digest, pushed.manifests[own])
  const foreigner = `${registry.host}/part/foreign`
  await pull(foreign)
  await pull(third)
  await ask(`/images/${name}:1?platforms=${platformOf(own)}`, { method: 'DELETE' })
  assert.match(
    (await pushTo(foreigner)).at(-1)?.error ?? '',
    /multiple matching manifests found but no specific platform requested/,
  )
  await pushTo(foreigner, { platform: `{"os":"linux","architecture":"${foreign.split('/')[1]}"}` })
  const raw = JSON.parse(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${foreigner}:1`))
  assert.equal(raw.manifests, undefined)
  assert.equal(raw.config.digest, (await inspect(`${name}:1`, `?platform=${platformOf(foreign)}`)).Id)
})

test('what is saved is loaded as the same index; one platform of it alone too', async () => {
  await pull()
  await pull(foreign)
  const archive = (await ask(`/images/${name}:1/get`)).body
  await ask('/images/load', { method: 'POST', from: other, body: archive })
  const loaded = await inspect(`${name}:1`, '?manifests=1', other)
  assert.equal(loaded.Descriptor.digest, pushed.digest)
  assert.deepEqual(available(loaded), available(await inspect(`${name}:1`, '?manifests=1')))
  assert.equal(
    (await inspect(`${name}:1`, `?platform=${platformOf(foreign)}`, other)).Architecture,
    foreign.split('/')[1],
  )

  await other.docker.getImage(`${name}:1`).remove()
  const absent = await ask(`/images/load?platform=${platformOf(third)}`, { method: 'POST', from: other, body: archive })
  assert.match(String(absent.body), /requested platform \(linux\/riscv64\) not found/)
  await ask(`/images/load?platform=${platformOf(foreign)}`, { method: 'POST', from: other, body: archive })
  const one = await inspect(`${name}:1`, '?manifests=1', other)
  assert.equal(one.Descriptor.digest, pushed.digest)
  assert.ok(one.Manifests.some(({ ID, Available }) => ID === pushed.manifests[foreign] && Available))
  assert.ok(one.Manifests.every(({ ID, Available }) => ID !== pushed.manifests[own] || !Available))

  const alone = (await ask(`/images/${name}:1/get?platform=${platformOf(foreign)}`)).body
  const index = execFileSync('tar', ['-xOf', '-', 'index.json'], { input: alone, encoding: 'utf8' })
  assert.deepEqual(
    JSON.parse(index).manifests.map(({ digest }: { digest: string }) => digest),
    [pushed.manifests[foreign]],
  )
})

test('an index that an archive gives no name brings its images, and is not kept itself', async () => {
  await pull()
  await pull(foreign)
  const { Id } = await inspect(`${name}:1`)
  const archive = (await ask(`/images/${Id}/get`)).body
  const said = String((await ask('/images/load', { method: 'POST', from: other, body: archive })).body)
  assert.match(said, /Loaded image ID: sha256:/)
  assert.equal((await other.docker.listImages()).length, 2)
  assert.ok(!blobsOf(other).includes(pushed.digest.slice(7)))
})

test('platforms are removed one by one; the name goes with the last, and nothing is left', async () => {
  await pull()
  await pull(foreign)
  const mine = await inspect(`${name}:1`)
  const container = await engine.docker.createContainer({ Image: `${name}:1`, platform: foreign })
  const used = await ask(`/images/${name}:1?platforms=${platformOf(foreign)}`, { method: 'DELETE' })
  assert.equal(used.status, 409)
  assert.equal((await ask(`/images/${name}:1`, { method: 'DELETE' })).status, 409)
  await container.remove()
  const removed = await ask(`/images/${name}:1?platforms=${platformOf(own)}`, { method: 'DELETE' })
  assert.deepEqual(JSON.parse(String(removed.body)), [{ Deleted: mine.Id }])
  const left = await inspect(`${name}:1`, '?manifests=1')
  assert.deepEqual(available(left), [pushed.manifests[foreign], pushed.attestations[foreign]].sort())
  const last = await ask(`/images/${name}:1?platforms=${platformOf(foreign)}`, { method: 'DELETE' })
  assert.deepEqual(JSON.parse(String(last.body)), [{ Untagged: `${name}:1` }, { Deleted: left.Id }])
  assert.deepEqual(await engine.docker.listImages(), [])
  assert.deepEqual(blobsOf(engine), [])
})

test('an index stays as long as one name has it', async () => {
  await pull()
  await pull(foreign)
  await engine.docker.getImage(`${name}:1`).tag({ repo: 'kept', tag: '1' })
  await engine.docker.getImage(`${name}:1`).remove()
  const kept = await inspect('kept:1', '?manifests=1')
  assert.equal(kept.Descriptor.digest, pushed.digest)
  assert.equal(available(kept).length, 4)
  await engine.docker.pruneImages({ filters: { dangling: ['false'] } })
  assert.deepEqual(blobsOf(engine), [])
})

test('an index that no name has any more goes with the name that took its place', async () => {
  await pull()
  const archive = (await ask(`/images/${name}:1/get`)).body
  await engine.docker.getImage(`${name}:1`).remove()
  // Loaded, it has no digest that would keep the index too.
  await ask('/images/load', { method: 'POST', body: archive })
  assert.ok(blobsOf(engine).includes(pushed.digest.slice(7)))
  const { Id } = await inspect(`${name}:1`)
  await engine.docker.getImage(Id).tag({ repo: 'one', tag: '1' })
  const alone = (await ask(`/images/one:1/get?platform=${platformOf(own)}`)).body
  await engine.docker.getImage('one:1').remove()
  await ask('/images/load', { method: 'POST', body: alone })
  await engine.docker.getImage('one:1').tag({ repo: name, tag: '1' })
  assert.deepEqual((await inspect(`${name}:1`)).Descriptor.digest, pushed.manifests[own])
  assert.deepEqual(
    [pushed.digest, pushed.attestations[own] ?? ''].filter(digest => blobsOf(engine).includes(digest.slice(7))),
    [],
  )
})

test('the digest of a manifest is an id of its image', async () => {
  await pull()
  const { Id } = await inspect(`${name}:1`)
  const digest = pushed.manifests[own] ?? ''
  assert.equal((await inspect(digest)).Id, Id)
  assert.equal((await inspect(digest.slice(7, 19))).Id, Id)
})

test('what an earlier version has pulled is shown as it was, and has its index with the next pull', async () => {
  await pull()
  await engine.crash(() => {
    // Earlier records of names say nothing of an index, and its blob was not kept.
    const database = new DatabaseSync(join(engine.root, 'engine.db'))
    database.exec("UPDATE tags SET body = json_remove(body, '$.index')")
    database.close()
    rmSync(join(engine.root, 'blobs/sha256', pushed.digest.slice(7)))
  })
  const earlier = await inspect(`${name}:1`)
  assert.equal(earlier.Descriptor.digest, pushed.manifests[own])
  assert.deepEqual(earlier.RepoDigests, [`${name}@${pushed.digest}`])
  await pull()
  assert.equal((await inspect(`${name}:1`)).Descriptor.digest, pushed.digest)
})
