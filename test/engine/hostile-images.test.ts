// Images that mean harm: what leads out of the image leads nowhere, what can't be right is refused by name, and nothing of
// it is left.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { createGzip, gzipSync } from 'node:zlib'
import { jsonLines, type Progress } from '../../src/docker/protocol/json-lines.ts'
import { hostPlatform } from '../../src/registry/platform.ts'
import { type Asked, type Fault, startFaultyRegistry } from '../faulty-registry.ts'
import { type Entry, importTar, tarOf } from './archives.ts'
import { build, contextOf } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, shell } from './run.ts'

let engine: TestEngine
/** A folder of the host that no image may reach. */
let forbidden: string

before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
  forbidden = mkdtempSync(join(tmpdir(), 'tsc-forbidden-'))
  writeFileSync(join(forbidden, 'secret'), 'secret')
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  rmSync(forbidden, { recursive: true })
})

const digestOf = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const blobName = (bytes: Buffer | string) => `blobs/${digestOf(bytes).replace(':', '/')}`

async function outcome(stream: Parameters<typeof jsonLines>[0]): Promise<string> {
  let said = ''
  // Each is an object of the stream's shape.
  for await (const one of jsonLines(stream)) said += ((one as Progress).error ?? (one as Progress).stream) || ''
  return said
}
const load = async (entries: readonly Entry[]) => {
  try {
    return await outcome(await engine.docker.loadImage(tarOf(entries)))
  } catch (error) {
    return String(error)
  }
}

const config = (...diffIds: string[]) =>
  JSON.stringify({ ...hostPlatform(), config: {}, rootfs: { type: 'layers', diff_ids: diffIds } })

/** A docker-archive of one image. */
const dockerArchive = (layer: Buffer, more: readonly Entry[] = []): Entry[] => [
  { name: 'config.json', body: config(digestOf(layer)) },
  { name: 'layer.tar', body: layer },
  {
    name: 'manifest.json',
    body: JSON.stringify([{ Config: 'config.json', RepoTags: ['evil:1'], Layers: ['layer.tar'] }]),
  },
  ...more,
]

test('paths and links that lead out of a layer lead nowhere', async () => {
  const evil = (entries: readonly Entry[]) => load(dockerArchive(tarOf(entries)))
  const up = '../'.repeat(20)
  await evil([{ name: `${up}${forbidden}/up`, body: 'x' }])
  await evil([{ name: `${forbidden}/absolute`, body: 'x' }])
  await evil([
    { name: 'out', type: '2', linkName: forbidden },
    { name: 'out/through-a-link', body: 'x' },
  ])
  await evil([{ name: 'hard', type: '1', linkName: `${forbidden}/secret` }])
  await evil([
    { name: 'out', type: '2', linkName: forbidden },
    { name: 'out/.wh.secret', body: '' },
  ])
  assert.deepEqual(readdirSync(forbidden), ['secret'])
})

for (const name of ['.wh.', '.wh..', '.wh...', 'folder/.wh...'])
  test(`a layer that deletes by ${name} is refused`, async () =>
    assert.match(await load(dockerArchive(tarOf([{ name, body: '' }]))), /deletes nothing that has a name/))

test('a device in an image opens nothing', async () => {
  const device = tarOf([{ name: 'memory', type: '3', mode: 0o666 }])
  // 1:1, /dev/mem.
  for (const at of [329, 337]) device.write('0000001\0', at, 'latin1')
  device.write('        ', 148)
  const sum = device.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  device.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  await importTar(engine, 'device', device, true)
  const { stdout, stderr } = await shell(engine, 'ls -l /memory; head -c 1 /memory', { Image: 'device' })
  assert.match(stdout, /^c.* 1, +1 .*memory$/m)
  assert.match(stderr, /Operation not permitted|Permission denied/)
})

test('archives whose parts are not what they are called are refused', async () => {
  const layer = tarOf([{ name: 'file', body: 'right' }])
  const image = config(digestOf(layer))
  const descriptor = (bytes: Buffer | string, mediaType: string) => ({
    mediaType,
    digest: digestOf(bytes),
    size: Buffer.byteLength(bytes),
  })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: descriptor(image, 'application/vnd.oci.image.config.v1+json'),
    layers: [descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')],
  })
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [descriptor(manifest, 'application/vnd.oci.image.manifest.v1+json')],
  })
  const layout = (over: Record<string, Buffer | string>): Entry[] =>
    Object.entries({
      [blobName(layer)]: layer,
      [blobName(image)]: image,
      [blobName(manifest)]: manifest,
      'index.json': index,
      ...over,
    }).map(([name, body]) => ({ name, body }))
  assert.match(await load(layout({ [blobName(layer)]: 'wrong' })), /content does not match its digest/)
  assert.match(await load(layout({ [blobName(image)]: `${image} ` })), /a damaged file/)
  assert.match(await load(layout({ [blobName(manifest)]: `${manifest} ` })), /a damaged file/)
  assert.match(await load(layout({ 'index.json': '{"manifests":[]}' })), /holds no image/)
  assert.match(await load(layout({ 'index.json': '{' })), /index\.json is not JSON/)
  assert.match(await load(layout({ 'index.json': '{"manifests":{}}' })), /manifests is no list/)
  assert.match(await load([{ name: 'manifest.json', body: '[{"Config":7}]' }]), /manifest\.json without Config/)
  const wrongLayer = dockerArchive(layer).map(one => (one.name === 'layer.tar' ? { ...one, body: tarOf([]) } : one))
  assert.match(await load(wrongLayer), /a layer does not match the image's configuration/)
})

/** Zeros, in an entry of a kind that is skipped. */
function emptyArchive(bytes: number): Buffer {
  const head = tarOf([{ name: 'zeros', type: 'Z' }], false)
  head.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  head.write('        ', 148)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

test('what unpacks to far more than it is, is refused by the limit', async () => {
  const size = 3 * 1024 ** 3
  const chunk = Buffer.alloc(1 << 24)
  const plain = function* () {
    yield emptyArchive(size)
    for (let left = size; left > 0; left -= chunk.length) yield chunk
  }
  const packed = Buffer.concat(await Array.fromAsync(Readable.from(plain()).pipe(createGzip({ level: 1 }))))
  assert.match(await load(dockerArchive(packed)), /unpacks to more than 1 GiB and more than 200 times its size/)
  await assert.rejects(
    engine.docker.loadImage(packed).then(outcome),
    /unpacks to more than 1 GiB and more than 200 times its size/,
  )
})

for (const [program, ending] of [
  ['xz', 'xz'],
  ['bzip2', 'bz2'],
] as const)
  test(`so is what ADD unpacks by ${program}`, async () => {
    // Streams behind one another are one.
    const part = (plain: Buffer) => execFileSync(program, ['-1c'], { input: plain, maxBuffer: 1 << 20 })
    const rest = part(Buffer.alloc(1 << 24))
    const bomb = Buffer.concat([part(emptyArchive(2 * 1024 ** 3)), ...Array<Buffer>(65).fill(rest)])
    const folder = contextOf({ Dockerfile: `FROM busybox\nADD bomb.${ending} /`, [`bomb.${ending}`]: bomb })
    const { error } = await build(engine, { Context: folder })
    rmSync(dirname(folder), { recursive: true })
    assert.match(error?.message ?? '', /unpacks to more than 1 GiB and more than 200 times its size/)
    assert.deepEqual(readdirSync(join(engine.root, 'staging')), [])
  })

test('a Dockerfile that comes alone may not have any length', async () => {
  const long = Buffer.alloc(17 << 20, '# and so on\n')
  const said = await engine.docker.buildImage(long, { query: {} }).then(outcome, String)
  assert.match(said, /a Dockerfile that is sent alone has more than 16MiB/)
})

/** A registry that has one image, as `change` makes it. */
async function registryWith(change: (document: Record<string, unknown>) => unknown, layer: Buffer) {
  const image = config(digestOf(layer))
  const of = (bytes: Buffer | string) => ({ mediaType: 'x', digest: digestOf(bytes), size: Buffer.byteLength(bytes) })
  const document = JSON.stringify(change({ schemaVersion: 2, config: of(image), layers: [of(gzipSync(layer))] }))
  return startFaultyRegistry('127.0.0.1:1', ({ path }: Asked): Fault => {
    const body = path.includes('/manifests/')
      ? document
      : [image, gzipSync(layer)].find(one => path.endsWith(digestOf(one)))
    return { kind: 'status', status: body === undefined ? 404 : 200, body: String(body) }
  })
}

const ordinary = tarOf([{ name: 'file', body: 'x' }])
for (const [what, change, message] of [
  [
    'sixty thousand layers',
    (d: Record<string, unknown>) => ({ ...d, layers: Array(60_000).fill((d.layers as object[])[0]) }),
    /60000 layers, more than 500/,
  ],
  [
    'a manifest of more than 16 MiB',
    (d: Record<string, unknown>) => ({ ...d, note: 'x'.repeat(17 << 20) }),
    /a document of more than 16 MiB/,
  ],
  [
    'a configuration that is larger than it says',
    (d: Record<string, unknown>) => ({ ...d, config: { ...(d.config as object), size: 5 } }),
    /sends more than the 5 bytes/,
  ],
  ['layers that are a text', (d: Record<string, unknown>) => ({ ...d, layers: 'many' }), /layers is no list/],
] as const)
  test(`a registry that sends ${what} is refused`, async () => {
    await using registry = await registryWith(change, ordinary)
    const said = await engine.docker.pull(`${registry.host}/evil:1`).then(outcome, String)
    assert.match(said, message)
  })

test('nothing of all this is left', async () => {
  const names = (await engine.docker.listImages()).flatMap(({ RepoTags = [] }) => RepoTags)
  assert.deepEqual(
    names.filter(name => !/^(?:busybox|device|evil):/.test(name)),
    [],
  )
  assert.deepEqual(readdirSync(join(engine.root, 'staging')), [])
  assert.deepEqual(readdirSync(join(engine.root, 'layers/unpacking')), [])
})
