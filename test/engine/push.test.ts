// A pushed image is what another client of the registry gets; nothing is sent twice, nothing half pushed has a name.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { jsonLines, type Progress } from '../../src/docker/protocol/json-lines.ts'
import { type Asked, type Fault, startFaultyRegistry } from '../faulty-registry.ts'
import { freePort } from '../ports.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { importTar, tarOf } from './archives.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox } from './run.ts'

let engine: TestEngine
let registry: TestRegistry

before(async () => {
  engine = await startEngine()
  registry = await startRegistry()
  await importBusybox(engine)
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

async function push(name: string, options: { tag?: string; authconfig?: object } = {}): Promise<Progress[]> {
  const said: Progress[] = []
  // Each is an object of the stream's shape.
  for await (const one of jsonLines(await engine.docker.getImage(name).push(options))) said.push(one as Progress)
  return said
}
const statuses = (said: Progress[]) => said.map(({ status, error }) => status ?? error ?? '').filter(Boolean)
const skopeo = (...words: string[]) => execFileSync('skopeo', words, { encoding: 'utf8', stdio: 'pipe' })
const inspect = (image: string) =>
  JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${image}`)) as { Digest: string; Layers: string[] }

async function tagged(image: string, name: string): Promise<string> {
  const at = name.lastIndexOf(':')
  await engine.docker.getImage(image).tag({ repo: name.slice(0, at), tag: name.slice(at + 1) })
  return name
}

test('what is pushed is what skopeo finds, under the digest that was told', async () => {
  const repository = `${registry.host}/team/busybox`
  await tagged('busybox', `${repository}:1`)
  const said = await push(repository, { tag: '1' })
  const { aux } = said.find(message => message.aux !== undefined) ?? {}
  const { Digest, Layers } = inspect(`${repository}:1`)
  assert.partialDeepStrictEqual(aux, { Tag: '1', Digest })
  assert.equal(Layers.length, 1)
  assert.match(
    statuses(said).join('\n'),
    /^The push refers to repository \[.*team\/busybox\]\n[\s\S]*Pushed\n1: digest: sha256:/,
  )
  const { RepoDigests } = await engine.docker.getImage(`${repository}:1`).inspect()
  assert.deepEqual(RepoDigests, [`${repository}@${Digest}`])
})

test('a second push sends no layer; another repository mounts it', async () => {
  const repository = `${registry.host}/team/busybox`
  assert.match(statuses(await push(repository, { tag: '1' })).join('\n'), /Layer already exists/)
  const other = `${registry.host}/other/busybox`
  await tagged('busybox', `${other}:2`)
  assert.match(statuses(await push(other, { tag: '2' })).join('\n'), /Mounted from team\/busybox/)
  assert.equal(inspect(`${other}:2`).Digest, inspect(`${repository}:1`).Digest)
})

test('without a tag all of the repository are pushed', async () => {
  const repository = `${registry.host}/team/many`
  for (const tag of ['a', 'b']) await tagged('busybox', `${repository}:${tag}`)
  await push(repository)
  assert.equal(inspect(`${repository}:a`).Digest, inspect(`${repository}:b`).Digest)
})

test('a pulled image is pushed byte for byte', async () => {
  const from = `${registry.host}/team/docker-format:1`
  const options = ['--src-tls-verify=false', '--dest-tls-verify=false', '--format', 'v2s2']
  skopeo('copy', '-q', ...options, `docker://${registry.host}/team/busybox:1`, `docker://${from}`)
  for await (const _ of await engine.docker.pull(from));
  await tagged(from, `${registry.host}/team/again:1`)
  await push(`${registry.host}/team/again`, { tag: '1' })
  assert.equal(inspect(`${registry.host}/team/again:1`).Digest, inspect(from).Digest)
  assert.notEqual(inspect(from).Digest, inspect(`${registry.host}/team/busybox:1`).Digest)
})

test('a tag that is not there, and a registry that is not there, are told in the stream', async () => {
  assert.deepEqual(statuses(await push(`${registry.host}/team/nothing`, { tag: '1' })), [
    `tag does not exist: ${registry.host}/team/nothing:1`,
  ])
  assert.match(
    statuses(await push(`${registry.host}/team/nothing`)).join(),
    /^An image does not exist locally with the tag: .*\/team\/nothing$/,
  )
  const nobody = `127.0.0.1:${await freePort()}`
  await tagged('busybox', `${nobody}/x:1`)
  assert.match(
    statuses(await push(`${nobody}/x`, { tag: '1' })).at(-1) ?? '',
    /^failed to do request: Head "https:\/\/127\.0\.0\.1:\d+\/v2\/x\/blobs\/sha256:\w+": dial tcp 127\.0\.0\.1:\d+: connect: connection refused/,
  )
})

/** An image of one layer that can't be compressed. */
async function bigImage(name: string, size: number): Promise<void> {
  await importTar(engine, name, tarOf([{ name: 'noise', body: randomBytes(size) }]))
}

for (const [what, faultOf] of [
  ['an upload that is cut', cutOnce(1_000_000)],
  ['an upload that is cut before its first byte', cutOnce(0)],
  [
    'a server that fails for a moment',
    ({ method, before: count }) =>
      method !== 'GET' && count === 0 ? { kind: 'status', status: 503, body: 'no backend' } : undefined,
  ],
  [
    'a registry that takes small pieces only',
    ({ method, headers }) =>
      method === 'PATCH' && Number(headers['content-length']) > 5_000_000
        ? { kind: 'status', status: 413, headers: { connection: 'close' } }
        : undefined,
  ],
] satisfies [string, (asked: Asked) => Fault | undefined][])
  test(`${what}: the image arrives whole`, async () => {
    await using proxy = await startFaultyRegistry(registry.host, faultOf)
    const name = `noise-${createHash('sha256').update(what).digest('hex').slice(0, 8)}`
    await bigImage(name, 8_000_000)
    const repository = `${proxy.host}/${name}`
    await tagged(name, `${repository}:1`)
    const said = statuses(await push(repository, { tag: '1' }))
    assert.match(said.at(-1) ?? '', /digest: sha256/)
    assert.match(
      skopeo(
        'copy',
        '-q',
        '--src-tls-verify=false',
        `docker://${registry.host}/${name}:1`,
        `dir:${registry.folder}/${name}`,
      ),
      /^$/,
    )
  })

test('a token that expires in the middle is renewed, for pull and push of this repository', async () => {
  let host = ''
  let token = 0
  let left = 0
  await using proxy = await startFaultyRegistry(registry.host, ({ path, headers }) => {
    if (path.startsWith('/token')) {
      left = 2
      return { kind: 'status', status: 200, body: JSON.stringify({ token: `token-${++token}` }) }
    }
    if (headers.authorization === `Bearer token-${token}` && left-- > 0) return undefined
    const challenge = `Bearer realm="http://${host}/token",service="test"`
    return { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } }
  })
  host = proxy.host
  await bigImage('expiring', 100_000)
  await tagged('expiring', `${host}/expiring:1`)
  const said = statuses(await push(`${host}/expiring`, { tag: '1', authconfig: { username: 'me', password: 'x' } }))
  assert.match(said.at(-1) ?? '', /digest: sha256/)
  assert.ok(token > 1, `${token} tokens`)
  const asked = proxy.asked.find(({ path }) => path.startsWith('/token'))
  assert.match(asked?.path ?? '', /scope=repository%3Aexpiring%3Apull%2Cpush/)
})

function cutOnce(bytes: number): (asked: Asked) => Fault | undefined {
  let cut = false
  return ({ method }) => {
    if (method !== 'PATCH' || cut) return undefined
    cut = true
    return { kind: 'cutUpload', after: bytes }
  }
}
