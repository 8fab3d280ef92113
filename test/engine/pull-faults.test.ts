// No pull loses to what networks and registries do: cut connections, wrong bytes, refusals that pass, tokens that expire,
// redirects. What does not pass is told with the registry, the image, and what to do.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { jsonLines, type Progress } from '../../src/docker/protocol/json-lines.ts'
import { type Asked, type Fault, type FaultyRegistry, startFaultyRegistry } from '../faulty-registry.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { makeTestRoot } from '../test-root.ts'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine, until } from './engine-process.ts'

let engine: TestEngine
let registry: TestRegistry

before(async () => {
  engine = await startEngine()
  registry = await startRegistry()
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

const size = 3_000_000
let count = 0

/** An image in the registry, of one layer that nobody has yet; the engine has forgotten it. */
async function pushed(): Promise<string> {
  const name = `noise-${++count}`
  await importTar(engine, name, tarOf([{ name: 'noise', body: randomBytes(size) }]))
  const there = `${registry.host}/${name}`
  await engine.docker.getImage(name).tag({ repo: there, tag: '1' })
  const said = await read(await engine.docker.getImage(there).push({ tag: '1' }))
  assert.equal(said.find(({ error }) => error)?.error, undefined)
  for (const tag of [name, `${there}:1`]) await engine.docker.getImage(tag).remove()
  return name
}

async function read(stream: Parameters<typeof jsonLines>[0]): Promise<Progress[]> {
  const said: Progress[] = []
  // Each is an object of the stream's shape.
  for await (const one of jsonLines(stream)) said.push(one as Progress)
  return said
}

const pull = async (reference: string, authconfig?: object) => read(await engine.docker.pull(reference, { authconfig }))
const isLayer = ({ method, path }: Pick<Asked, 'method' | 'path'>) => method === 'GET' && path.includes('/blobs/')

async function assertPulled(reference: string, said: Progress[]): Promise<void> {
  assert.match(said.at(-1)?.status ?? said.at(-1)?.error ?? '', /Downloaded newer image/)
  await engine.docker.getImage(reference).inspect()
  await engine.docker.getImage(reference).remove()
}

const first = (times: number, fault: Fault) => (asked: Asked) =>
  isLayer(asked) && asked.before < times ? fault : undefined

for (const [what, faultOf] of [
  ['cut connections', first(4, { kind: 'cut', after: 400_000 })],
  ['connections that end before the first byte', first(3, { kind: 'cut', after: 0 })],
  ['an answer that ends too early and says nothing of its length', first(2, { kind: 'short', after: 1000 })],
  ['a wrong byte', first(2, { kind: 'wrong', at: 100 })],
  [
    'a wrong byte behind a cut',
    ({ method, path, before: times }) =>
      isLayer({ method, path })
        ? [{ kind: 'cut', after: 100_000 } as const, { kind: 'wrong', at: 100 } as const][times]
        : undefined,
  ],
  ['faults of the server', first(3, { kind: 'status', status: 500, body: 'oops' })],
  ['a proxy without its server', first(2, { kind: 'status', status: 502, body: '<html>Bad Gateway</html>' })],
  ['too many requests', first(1, { kind: 'status', status: 429, headers: { 'retry-after': '1' } })],
  [
    'a manifest that fails',
    ({ path, before: times }) =>
      path.includes('/manifests/') && times < 2 ? { kind: 'status', status: 503 } : undefined,
  ],
  [
    'a manifest that is cut',
    ({ path, before: times }) => (path.includes('/manifests/') && times < 2 ? { kind: 'cut', after: 20 } : undefined),
  ],
  [
    'a server that knows no ranges',
    ({ method, path, before: times }) =>
      isLayer({ method, path }) ? (times === 0 ? { kind: 'cut', after: 500_000 } : { kind: 'noRange' }) : undefined,
  ],
] satisfies [string, (asked: Asked) => Fault | undefined][])
  test(`a pull gets over ${what}`, async () => {
    const name = await pushed()
    await using proxy = await startFaultyRegistry(registry.host, faultOf)
    const reference = `${proxy.host}/${name}:1`
    await assertPulled(reference, await pull(reference))
    const again = proxy.asked.filter(({ before: times }) => times > 0)
    assert.ok(again.length > 0, 'something was asked for again')
  })

test('what was cut off goes on where it ended', async () => {
  const name = await pushed()
  await using proxy = await startFaultyRegistry(registry.host, first(1, { kind: 'cut', after: 1_000_000 }))
  const reference = `${proxy.host}/${name}:1`
  await assertPulled(reference, await pull(reference))
  const ranges = proxy.asked.flatMap(({ headers }) => headers.range ?? [])
  // The configuration is small: its connection isn't cut.
  assert.equal(ranges.length, 1)
  // The end of a connection takes what was on its way with it.
  const start = Number(/^bytes=(\d+)-$/.exec(ranges[0] ?? '')?.[1])
  assert.ok(start > 500_000 && start <= 1_000_000, `it went on at ${start}`)
})

const half = 1_500_000
const ranges = ({ asked }: FaultyRegistry) => asked.flatMap(({ headers }) => headers.range ?? [])
const partial = () =>
  readdirSync(join(engine.root, 'blobs/partial')).map(name => join(engine.root, 'blobs/partial', name))
const stall = (asked: Asked): Fault | undefined => (isLayer(asked) ? { kind: 'silence', after: half } : undefined)

/** A pull of which half a layer has come; `end` is called then. */
async function interrupted(name: string, end: (stop: AbortController) => Promise<void> | void): Promise<void> {
  await using proxy = await startFaultyRegistry(registry.host, stall)
  const stop = new AbortController()
  const pulled = engine.docker
    .pull(`${proxy.host}/${name}:1`, { abortSignal: stop.signal })
    .then(read)
    .catch(() => {})
  const size = () => Math.max(0, ...partial().map(path => statSync(path).size))
  await until(() => size() >= half, 'half of the layer')
  await end(stop)
  await pulled
}

for (const [what, end] of [
  ['the engine is killed', () => engine.crash()],
  ['nobody waits for it any more', (stop: AbortController) => stop.abort()],
] as const)
  test(`a pull in which ${what} is gone on with by the next one, from any registry`, async () => {
    const name = await pushed()
    await interrupted(name, end)
    await using proxy = await startFaultyRegistry(registry.host, () => undefined)
    const reference = `${proxy.host}/${name}:1`
    await assertPulled(reference, await pull(reference))
    assert.deepEqual(ranges(proxy), [`bytes=${half}-`])
    assert.deepEqual(partial(), [])
  })

test('a beginning that is damaged is thrown away, and the whole is fetched', async () => {
  const name = await pushed()
  await interrupted(name, stop => stop.abort())
  const [path = ''] = partial()
  writeFileSync(path, Buffer.alloc(half))
  await using proxy = await startFaultyRegistry(registry.host, () => undefined)
  const reference = `${proxy.host}/${name}:1`
  await assertPulled(reference, await pull(reference))
  assert.deepEqual(ranges(proxy), [`bytes=${half}-`])
  assert.deepEqual(partial(), [])
})

test('what nobody goes on with is swept after a week, or by a prune', async () => {
  const name = await pushed()
  await interrupted(name, stop => stop.abort())
  const [path = ''] = partial()
  const ago = (days: number) => Date.now() / 1000 - days * 24 * 3600
  utimesSync(path, ago(6), ago(6))
  await engine.crash()
  assert.deepEqual(partial(), [path])
  utimesSync(path, ago(8), ago(8))
  await engine.crash()
  assert.deepEqual(partial(), [])
  await interrupted(name, stop => stop.abort())
  // One that is still under way stays.
  await until(async () => {
    await engine.docker.pruneImages()
    return partial().length === 0
  }, 'the end of it')
})

test('bytes that stay wrong are told, and nothing is left', async () => {
  const name = await pushed()
  await using proxy = await startFaultyRegistry(registry.host, first(99, { kind: 'wrong', at: 5000 }))
  const said = await pull(`${proxy.host}/${name}:1`)
  assert.match(said.at(-1)?.error ?? '', /does not match its digest/)
  await assert.rejects(engine.docker.getImage(`${proxy.host}/${name}:1`).inspect(), /No such image/)
  // What did arrive waits for another try, or for a prune.
  const blobs = () => readdirSync(join(engine.root, 'blobs/sha256')).length
  assert.ok(blobs() > 0)
  assert.deepEqual(partial(), [])
  await engine.docker.pruneImages()
  assert.equal(blobs(), 0)
})

test('a limit that ends late is told with the registry, the image, and its end', async () => {
  const name = await pushed()
  const limit = { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } as const
  const body = JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'You have reached your limit' }] })
  await using proxy = await startFaultyRegistry(registry.host, () => ({ ...limit, body }))
  await assert.rejects(
    pull(`${proxy.host}/${name}:1`),
    new RegExp(
      `${proxy.host} refuses to pull ${proxy.host}/${name} for now, until 20[\\d-]+T[\\d:]+Z: toomanyrequests: You have`,
    ),
  )
})

/** Asks for a token that is good for `uses` requests. */
function withTokens(uses: number, host: () => string) {
  let token = 0
  let left = 0
  return ({ path, headers }: Asked): Fault | undefined => {
    if (path.startsWith('/token')) {
      left = uses
      return { kind: 'status', status: 200, body: JSON.stringify({ token: `token-${++token}` }) }
    }
    if (headers.authorization === `Bearer token-${token}` && left-- > 0) return undefined
    const challenge = `Bearer realm="http://${host()}/token",service="test",scope="repository:x:pull"`
    return { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } }
  }
}

test('a token that expires in the middle is renewed', async () => {
  const name = await pushed()
  let proxy: FaultyRegistry | undefined
  await using started = await startFaultyRegistry(
    registry.host,
    withTokens(1, () => proxy?.host ?? ''),
  )
  proxy = started
  const reference = `${proxy.host}/${name}:1`
  await assertPulled(reference, await pull(reference, { username: 'me', password: 'secret' }))
  const tokens = proxy.asked.filter(({ path }) => path.startsWith('/token'))
  assert.ok(tokens.length > 1, `${tokens.length} tokens`)
  assert.equal(tokens[0]?.headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`)
  assert.match(tokens[0]?.path ?? '', new RegExp(`scope=repository%3A${name}%3Apull`))
})

test('credentials go to their host only: not to where a blob is kept, nor to a token service in plain sight', async () => {
  const name = await pushed()
  await using store = await startFaultyRegistry(registry.host, () => undefined)
  let sent = 0
  await using proxy = await startFaultyRegistry(registry.host, asked => {
    if (asked.headers.authorization === undefined)
      return { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
    sent++
    return isLayer(asked) ? { kind: 'redirect', to: `http://${store.host}` } : undefined
  })
  const reference = `${proxy.host}/${name}:1`
  await assertPulled(reference, await pull(reference, { username: 'me', password: 'secret' }))
  assert.ok(sent > 0)
  assert.ok(store.asked.length > 0)
  assert.deepEqual(
    store.asked.filter(({ headers }) => headers.authorization !== undefined),
    [],
  )
  const challenge = 'Bearer realm="http://tokens.example/token",service="x"'
  await using wrong = await startFaultyRegistry(registry.host, () => ({
    kind: 'status',
    status: 401,
    headers: { 'www-authenticate': challenge },
  }))
  await assert.rejects(
    pull(`${wrong.host}/${name}:1`, { username: 'me', password: 'secret' }),
    /asks for its credentials to be sent to http:\/\/tokens\.example\/token: another host, without TLS/,
  )
})

test('the address of a blob that has expired is asked for anew', async () => {
  const name = await pushed()
  await using store = await startFaultyRegistry(registry.host, ({ before: times }) =>
    times === 0 ? { kind: 'status', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : undefined,
  )
  await using proxy = await startFaultyRegistry(registry.host, asked =>
    isLayer(asked) ? { kind: 'redirect', to: `http://${store.host}` } : undefined,
  )
  const reference = `${proxy.host}/${name}:1`
  await assertPulled(reference, await pull(reference))
})

test('two pulls of one image fetch each blob once', async () => {
  const name = await pushed()
  await using proxy = await startFaultyRegistry(registry.host, () => undefined)
  const reference = `${proxy.host}/${name}:1`
  const both = await Promise.all([pull(reference), pull(reference)])
  for (const said of both) assert.match(said.at(-1)?.status ?? '', /Downloaded newer image|Image is up to date/)
  const blobs = proxy.asked.filter(({ path }) => path.includes('/blobs/')).map(({ path }) => path)
  assert.equal(blobs.length, new Set(blobs).size)
  await engine.docker.getImage(reference).remove()
})

test('a mirror that sends other bytes, and one that cuts off, are left for the next', async () => {
  const name = await pushed()
  await importTar(engine, name, tarOf([{ name: 'noise', body: randomBytes(size) }]))
  const there = `${registry.host}/library/${name}`
  await engine.docker.getImage(name).tag({ repo: there, tag: '1' })
  await read(await engine.docker.getImage(there).push({ tag: '1' }))
  const always = (fault: Fault) => (asked: Asked) => (isLayer(asked) ? fault : undefined)
  await using wrong = await startFaultyRegistry(registry.host, always({ kind: 'wrong', at: 100 }))
  await using cutting = await startFaultyRegistry(registry.host, always({ kind: 'cut', after: 0 }))
  await using good = await startFaultyRegistry(registry.host, () => undefined)
  const folder = makeTestRoot('tsc-engine-')
  const mirrors = [wrong, cutting, good].map(({ host }) => `http://${host}`)
  writeFileSync(join(folder, 'daemon.json'), JSON.stringify({ 'registry-mirrors': mirrors }))
  await using other = await startEngine({ TSC_COMPOSE_CONFIG: folder })
  const said = await read(await other.docker.pull(`${name}:1`))
  assert.match(said.at(-1)?.status ?? said.at(-1)?.error ?? '', /Downloaded newer image/)
  for (const bad of [wrong, cutting]) assert.ok(bad.asked.filter(isLayer).length <= 2, 'once for each blob')
  rmSync(folder, { recursive: true })
})
