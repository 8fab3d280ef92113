// What is asked of whom: mirrors and the registry behind them, silent servers, settings of the host.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseReference } from '../shared/image-reference.ts'
import type { RegistryOptions } from './registry.ts'
import { digestOf, openRegistry } from './registry.ts'
import { retryAfter } from './retry.ts'
import { readRegistrySettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0

function settingsFrom(files: Record<string, string>) {
  const config = join(folder, String(count++))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(config, name, '..'), { recursive: true })
    writeFileSync(join(config, name), text)
  }
  return readRegistrySettings({ TSC_COMPOSE_CONFIG: config })
}

type Answering = (request: http.IncomingMessage, response: http.ServerResponse) => void

async function serve(answer: Answering) {
  const asked: http.IncomingMessage[] = []
  const server = http.createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    asked,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const open = (name: string, options: RegistryOptions) => openRegistry(parseReference(name), { env: {}, ...options })
const manifest = '{"schemaVersion":2}'

test('a mirror is asked for images of Docker Hub, without credentials, and one that has nothing is passed over', async () => {
  using empty = await serve((_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="mirror"' }).end(),
  )
  using good = await serve((_, response) => response.end(manifest))
  const mirrors = [`http://${empty.host}`, 'http://127.0.0.1:1', `http://${good.host}/hub/`]
  const settings = settingsFrom({ 'daemon.json': JSON.stringify({ 'registry-mirrors': mirrors }) })
  const registry = open('alpine:3', { settings, credentials: { username: 'me', password: 'secret' } })
  assert.equal((await registry.document('3')).text, manifest)
  registry.close()
  assert.deepEqual(
    [...empty.asked, ...good.asked].map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/v2/library/alpine/manifests/3', undefined],
      ['/hub/v2/library/alpine/manifests/3', undefined],
    ],
  )
})

const blob = 'x'.repeat(1000)
const headers = { 'content-length': blob.length }
for (const [what, wrongly] of [
  ['sends other bytes', response => response.writeHead(200, headers).end('y'.repeat(1000))],
  ['sends more', response => response.writeHead(200).end('x'.repeat(2000))],
  ['cuts off', response => response.writeHead(200, headers).write('xxx', () => response.destroy())],
  ['falls silent', response => response.writeHead(200, headers).write('xxx')],
] satisfies [string, (response: http.ServerResponse) => void][])
  test(`a mirror that ${what} is left for the next one, once and for all`, async () => {
    using bad = await serve((_, response) => wrongly(response))
    using good = await serve((_, response) => response.end(blob))
    const mirrors = [bad, good].map(({ host }) => `http://${host}`)
    const settings = settingsFrom({ 'daemon.json': JSON.stringify({ 'registry-mirrors': mirrors }) })
    const registry = open('alpine:3', { settings, patience: 200 })
    const digest = digestOf(blob)
    assert.equal(await registry.blobText(digest), blob)
    assert.equal((await registry.document(digest)).text, blob)
    registry.close()
    assert.equal(bad.asked.length, 1)
  })

test('behind the last mirror the registry itself is asked', async () => {
  using bad = await serve((_, response) => response.end('wrong'))
  const connected: (string | undefined)[] = []
  const proxy = http.createServer().on('connect', ({ url }, socket) => {
    connected.push(url)
    socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const settings = settingsFrom({
    'daemon.json': JSON.stringify({ 'registry-mirrors': [bad, bad].map(({ host }) => `http://${host}`) }),
  })
  const registry = open('alpine:3', { settings, env })
  await assert.rejects(registry.document(digestOf(blob)), /registry-1\.docker\.io/)
  registry.close()
  proxy.close()
  assert.ok(connected.includes('registry-1.docker.io:443'))
  assert.equal(bad.asked.length, 2)
})

test('other registries have no mirrors', async () => {
  using mirror = await serve((_, response) => response.end(manifest))
  using own = await serve((_, response) => response.end(manifest))
  const settings = settingsFrom({ 'daemon.json': JSON.stringify({ 'registry-mirrors': [`http://${mirror.host}`] }) })
  const registry = open(`${own.host}/x`, { settings })
  await registry.document('1')
  registry.close()
  assert.deepEqual([mirror.asked.length, own.asked.length], [0, 1])
})

test('a server that falls silent is left, and the blob goes on with the next connection', async () => {
  const text = 'x'.repeat(100_000)
  using server = await serve(({ headers }, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    const head = { 'content-length': text.length - start, 'content-range': `bytes ${start}-${text.length - 1}/*` }
    response.writeHead(start > 0 ? 206 : 200, head)
    if (start === 0) response.write(text.slice(0, 40_000))
    else response.end(text.slice(start))
  })
  const registry = open(`${server.host}/x`, { patience: 100 })
  assert.equal(await registry.blobText(digestOf(text)), text)
  registry.close()
  assert.deepEqual(
    server.asked.map(({ headers }) => headers.range),
    [undefined, 'bytes=40000-'],
  )
})

test('more bytes than the manifest says are refused', async () => {
  using server = await serve((_, response) => response.end('much more'))
  const registry = open(`${server.host}/x`, {})
  const blob = registry.blob({ digest: digestOf('much'), size: 4 })
  await assert.rejects(Array.fromAsync(blob), /sends more than the 4 bytes of its manifest/)
  registry.close()
})

test('what is asked through a proxy, and what never is', async () => {
  using proxy = await serve((_, response) => response.end(manifest))
  using own = await serve((_, response) => response.end(manifest))
  const env = { HTTP_PROXY: proxy.host, TSC_COMPOSE_CONFIG: folder }
  for (const [name, insecure] of [
    ['registry.invalid:80/x', true],
    [`${own.host}/x`, false],
  ] as const) {
    const registry = open(name, { env, insecure })
    await registry.document('1')
    registry.close()
  }
  assert.deepEqual(
    proxy.asked.map(({ url }) => url),
    ['http://registry.invalid/v2/x/manifests/1'],
  )
  assert.equal(own.asked.length, 1)
  const wrong = open('registry.invalid/x', { env: { ...env, HTTPS_PROXY: 'socks5://proxy' } })
  await assert.rejects(wrong.document('1'), /HTTPS_PROXY: 'socks5:\/\/proxy' is not a URL/)
})

for (const [text, message] of [
  ['{', /daemon\.json: not JSON/],
  ['[]', /daemon\.json: not a JSON object/],
  ['{"registry-mirrors": "https://a"}', /'registry-mirrors' is not a list of texts/],
  ['{"registry-mirrors": ["mirror.example"]}', /registry-mirrors: 'mirror\.example' is not a URL/],
  ['{"mirrors": []}', /unknown key 'mirrors': known are registry-mirrors and insecure-registries/],
] as const)
  test(`daemon.json with ${text} is refused`, () => assert.throws(() => settingsFrom({ 'daemon.json': text }), message))

test('insecure registries are named by name, port or block of addresses', () => {
  const list = ['plain.example', 'other.example:5000', '10.1.0.0/16']
  const { isInsecure } = settingsFrom({ 'daemon.json': JSON.stringify({ 'insecure-registries': list }) })
  assert.deepEqual(
    ['plain.example', 'plain.example:5000', 'other.example:5000', 'other.example', '10.1.2.3:5000', '10.2.0.1'].map(
      isInsecure,
    ),
    [true, true, true, false, true, false],
  )
})

test("a client's certificate without its key is told", () => {
  const settings = settingsFrom({ 'certs.d/a.example:5000/client.cert': '', 'certs.d/b.example/ca.crt': 'x' })
  assert.throws(
    () => settings.certificates('a.example:5000'),
    /missing key client\.key for client certificate client\.cert/,
  )
  assert.equal(settings.certificates('b.example').authorities.length, 1)
  assert.equal(settings.certificates('c.example').authorities.length, 0)
})

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const wait = (text: string | undefined) =>
    retryAfter({ headers: text === undefined ? {} : { 'retry-after': text } }, now)
  assert.deepEqual(
    [wait('7'), wait('Thu, 01 Jan 2026 00:01:00 GMT'), wait('soon'), wait(undefined)],
    [7000, 60_000, undefined, undefined],
  )
})
