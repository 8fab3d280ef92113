// kill -9 of the engine in the middle of a pull, a load, a push, a removal, a prune: what is listed then is whole, and
// nothing else is left.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import { chainIds } from '../../src/engine/images/layers.ts'
import { attestedBy, manifestTypes, type RegistryDocument } from '../../src/registry/manifest.ts'
import { formatPlatform, hostPlatform } from '../../src/registry/platform.ts'
import { seeded } from '../faults/random.ts'
import { type Asked, type FaultyRegistry, startFaultyRegistry } from '../faulty-registry.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'
import { pushIndex } from './multi-platform.ts'

let engine: TestEngine
let registry: TestRegistry
let archive: Buffer

before(async () => {
  ;[engine, registry] = await Promise.all([startEngine(), startRegistry()])
  await importTar(engine, 'layered', tarOf([{ name: 'one', body: noise(2_000_000) }]))
  // Two layers: what a container has written is the second.
  const container = await engine.docker.createContainer({ Image: 'layered', Cmd: ['/one'] })
  await container.putArchive(tarOf([{ name: 'two', body: noise(3_000_000) }]), { path: '/' })
  await container.commit({ repo: `${registry.host}/layered`, tag: '1' })
  await container.remove()
  await followProgress(await engine.docker.getImage(`${registry.host}/layered`).push({ tag: '1' }))
  archive = await buffer(await engine.docker.getImage(`${registry.host}/layered:1`).get())
  await engine.docker.getImage(`${registry.host}/layered:1`).remove()
  await engine.docker.getImage('layered').remove()
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

/** Bytes that no compression makes small, and that are the same each time. */
function noise(size: number): Buffer {
  const blocks: Buffer[] = []
  for (let index = 0; index * 32 < size; index++) blocks.push(createHash('sha256').update(`${size} ${index}`).digest())
  return Buffer.concat(blocks)
}

interface ImageRow {
  id: string
  diffIds: string[]
  blobs: string[]
}

/** Every image has all that it names; folders hold nothing else. */
async function assertWhole(): Promise<void> {
  const database = new DatabaseSync(join(engine.root, 'engine.db'), { readOnly: true })
  const rows = database
    .prepare('SELECT body FROM images')
    .all()
    .map(({ body }) => JSON.parse(String(body)) as ImageRow)
  const tags = database
    .prepare('SELECT body FROM tags')
    .all()
    .map(({ body }) => JSON.parse(String(body)) as { imageId: string; index?: string })
  database.close()
  const indexes = tags.flatMap(({ index }) => index ?? [])
  // Those of other platforms are not listed: a name has them beside the one that is.
  const beside = new Set(indexes.flatMap(index => documentAt(index).manifests ?? []).map(({ digest }) => digest))
  const listed = (await engine.docker.listImages()).map(({ Id }) => Id)
  assert.deepEqual(
    listed.filter(Id => !rows.some(({ id }) => id === Id)),
    [],
  )
  for (const { id, blobs } of rows)
    assert.ok(listed.includes(id) || blobs.some(digest => beside.has(digest)), `${id} is not listed`)
  for (const { imageId } of tags)
    assert.ok(
      rows.some(({ id }) => id === imageId),
      `a name leads to ${imageId}`,
    )
  const bare = (digest: string) => digest.replace('sha256:', '')
  const chains = new Set(rows.flatMap(({ diffIds }) => chainIds(diffIds)).map(bare))
  const layers = readdirSync(join(engine.root, 'layers')).filter(name => name !== 'unpacking')
  assert.deepEqual(layers.sort(), [...chains].sort())
  for (const layer of layers) assert.ok(existsSync(join(engine.root, 'layers', layer, 'diff')))
  const named = new Set(
    [...rows.flatMap(({ id, blobs }) => [id, ...blobs]), ...indexes.flatMap(withAttested)].map(bare),
  )
  assert.deepEqual(readdirSync(join(engine.root, 'blobs/sha256')).sort(), [...named].sort())
  for (const leftover of ['layers/unpacking', 'blobs/incoming', 'staging'])
    assert.deepEqual(readdirSync(join(engine.root, leftover)), [], leftover)
}

const documentAt = (digest: string) =>
  JSON.parse(readFileSync(join(engine.root, 'blobs', digest.replace(':', '/')), 'utf8')) as RegistryDocument // ours

/** An index, and the attestations of it that are there. */
function withAttested(index: string): string[] {
  const attested = (documentAt(index).manifests ?? []).filter(
    descriptor =>
      attestedBy(descriptor) !== undefined &&
      existsSync(join(engine.root, 'blobs', descriptor.digest.replace(':', '/'))),
  )
  const named = attested.flatMap(({ digest }) => {
    const { config, layers = [] } = documentAt(digest)
    return [digest, config?.digest ?? '', ...layers.map(layer => layer.digest)]
  })
  return [index, ...named]
}

const silently = (work: Promise<unknown>) => work.catch(() => {})
const pull = (host = registry.host) => engine.docker.pull(`${host}/layered:1`).then(stream => followProgress(stream))

async function removeAll(): Promise<void> {
  for (const { Id } of await engine.docker.listImages()) await engine.docker.getImage(Id).remove({ force: true })
}

test('in the middle of a pull, behind each of its requests', async () => {
  // The manifest, the configuration, two layers.
  for (const silent of [1, 2, 3, 4]) {
    let count = 0
    await using proxy: FaultyRegistry = await startFaultyRegistry(registry.host, () =>
      ++count >= silent ? { kind: 'silence', after: 1000 } : undefined,
    )
    const pulled = silently(pull(proxy.host))
    await until(() => count >= silent, `request ${silent}`)
    await engine.crash()
    await pulled
    await assertWhole()
    assert.deepEqual(await engine.docker.listImages(), [])
  }
  await pull()
  await assertWhole()
  await removeAll()
})

test('in the middle of a pull of an index, behind each of its requests', async () => {
  const own = formatPlatform(hostPlatform())
  await pushIndex(`${registry.host}/many:1`, [own, 'linux/other'])
  // The index, the manifest, its configuration and layer; the attestation, its configuration and statement.
  for (const silent of [1, 2, 3, 4, 5, 6, 7]) {
    let count = 0
    await using proxy: FaultyRegistry = await startFaultyRegistry(registry.host, () =>
      ++count >= silent ? { kind: 'silence', after: 10 } : undefined,
    )
    const pulled = silently(engine.docker.pull(`${proxy.host}/many:1`).then(stream => followProgress(stream)))
    await until(() => count >= silent, `request ${silent}`)
    await engine.crash()
    await pulled
    await assertWhole()
    assert.deepEqual(await engine.docker.listImages(), [])
  }
  for (const platform of [own, 'linux/other'])
    await followProgress(await engine.docker.pull(`${registry.host}/many:1`, { platform }))
  await assertWhole()
  await engine.crash()
  await assertWhole()
  assert.equal((await engine.docker.listImages()).length, 1)
  await removeAll()
  await assertWhole()
})

test('in the middle of a load', async () => {
  for (const part of [0.2, 0.6, 0.99]) {
    const body = new PassThrough()
    const loaded = silently(engine.docker.loadImage(body))
    body.write(archive.subarray(0, Math.floor(archive.length * part)))
    await until(() => readdirSync(join(engine.root, 'staging')).length > 0, 'the first file')
    await engine.crash()
    body.destroy()
    await loaded
    await assertWhole()
  }
})

const hasName = async (name: string) =>
  (await fetch(`http://${registry.host}/v2/${name}/manifests/1`, { headers: { accept: manifestTypes } })).ok
const copied = (name: string) => {
  const to = join(registry.folder, 'copied')
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--all',
    '--src-tls-verify=false',
    `docker://${registry.host}/${name}:1`,
    `dir:${to}`,
  ])
  rmSync(to, { recursive: true })
}

/**
 * Pushes to a registry that nothing is known of yet, and kills the engine behind the request of this number among those
 * that count. False: there are no more so many.
 */
async function pushAndKill(image: string, name: string, strike: number, counts: (asked: Asked) => boolean) {
  let count = 0
  await using proxy: FaultyRegistry = await startFaultyRegistry(registry.host, asked => {
    if (counts(asked)) count++
    return count >= strike ? { kind: 'silence', after: 0 } : undefined
  })
  await engine.docker.getImage(image).tag({ repo: `${proxy.host}/${name}`, tag: '1' })
  let ended = false
  const pushed = engine.docker
    .getImage(`${proxy.host}/${name}`)
    .push({ tag: '1' })
    .then(said => followProgress(said))
    .finally(() => {
      ended = true
    })
  pushed.catch(() => {})
  await until(() => ended || count >= strike, `request ${strike}`)
  if (count < strike) {
    await pushed
    return false
  }
  await engine.crash()
  await silently(pushed)
  await assertWhole()
  const isNamed = proxy.asked.some(({ method, path }) => method === 'PUT' && path.endsWith('/manifests/1'))
  assert.ok(isNamed || !(await hasName(name)), `half an image has a name behind request ${strike}`)
  return true
}

async function pushWithKills(image: string, counts: (asked: Asked) => boolean): Promise<number> {
  const kind = image.replace(/^.*\/|:1$/g, '')
  for (let strike = 1; ; strike++) {
    const name = `${kind}-${strike}`
    if (!(await pushAndKill(image, name, strike, counts))) return strike - 1
    assert.equal(await pushAndKill(image, name, Number.POSITIVE_INFINITY, counts), false)
    copied(name)
  }
}

test('in the middle of a push, behind each of its requests: no half image has a name, and the next push is whole', async () => {
  await pull()
  // Three blobs are looked for, begun, sent and ended each; then the manifest.
  assert.ok((await pushWithKills(`${registry.host}/layered:1`, () => true)) >= 13)
  await removeAll()
})

test('in the middle of a push of an index, behind each of its manifests', async () => {
  const own = formatPlatform(hostPlatform())
  const name = `${registry.host}/index:1`
  await pushIndex(name, [own])
  await followProgress(await engine.docker.pull(name))
  const isManifest = ({ method, path }: Asked) => method === 'PUT' && path.includes('/manifests/')
  // The image's, the attestation's, and the index.
  assert.equal(await pushWithKills(name, isManifest), 3)
  await removeAll()
})

/** Moments in milliseconds; what is done takes a few hundred. */
const longest = 250

test('at any moment of pulls, loads, removals and prunes', async () => {
  const name = `${registry.host}/moments:1`
  await pushIndex(name, [formatPlatform(hostPlatform()), 'linux/other'])
  const pullIndex = async (platform?: string) =>
    followProgress(await engine.docker.pull(name, platform === undefined ? {} : { platform }))
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6))
  const random = seeded(seed)
  const acts: [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
    () => pull(),
    () => pullIndex(),
    () => pullIndex('linux/other'),
    async () => followProgress(await engine.docker.loadImage(archive)),
    removeAll,
    async () => {
      await engine.docker.getImage(`${registry.host}/layered:1`).tag({ repo: 'kept', tag: '1' })
      await engine.docker.getImage(`${registry.host}/layered:1`).remove()
      await engine.docker.pruneImages({ filters: { dangling: ['false'] } })
    },
  ]
  for (let round = 0; round < 16; round++) {
    const done = silently(random.pick(acts)())
    await new Promise(resolve => setTimeout(resolve, random.below(longest)))
    await engine.crash()
    await done
    await assertWhole().catch(error => {
      throw new Error(`SEED=${seed}, round ${round}: ${error}`, { cause: error })
    })
  }
  await pull()
  await assertWhole()
})
