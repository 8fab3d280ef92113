// Certificates: an authority of certs.d is trusted for its registry, a client shows its own, and nobody else is trusted.
// Where a registry sends us to is a host of its own: what is said of the registry does not make it safe.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { openSession } from '../../src/registry/session.ts'
import type { Certificates } from '../../src/registry/settings.ts'
import { openTransport } from '../../src/registry/transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'transport-'))
const read = (name: string) => readFileSync(join(folder, name))
let server: https.Server
let url: string

before(async () => {
  const subject = [
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:registry.invalid,DNS:tokens.invalid',
  ]
  for (const name of ['server', 'client']) {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'ignore' })
  }
  const own = { key: read('server.key'), cert: read('server.crt'), ca: [read('client.crt')] }
  server = https.createServer({ ...own, requestCert: true, rejectUnauthorized: false }, ({ socket }, response) => {
    // The connection of a TLS server.
    response.end(String((socket as TLSSocket).authorized))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

async function ask(certificates: Certificates | undefined, insecure = false): Promise<string> {
  const transport = openTransport({ env: {}, trust: () => ({ certificates, insecure }) })
  try {
    const { body } = await transport.send({ method: 'GET', url })
    return (await Array.fromAsync(body)).join('')
  } finally {
    transport.close()
  }
}

test('a server whose authority nobody knows is refused', () =>
  assert.rejects(ask(undefined), /self-signed certificate/))

test('an authority of certs.d is trusted', async () =>
  assert.equal(await ask({ authorities: [read('server.crt')] }), 'false'))

test("a client's certificate is shown", async () => {
  const client = { cert: read('client.crt'), key: read('client.key') }
  assert.equal(await ask({ authorities: [read('server.crt')], client }), 'true')
})

test('an insecure registry may have any certificate', async () => assert.equal(await ask(undefined, true), 'false'))

interface Sent {
  /** What the registry answers with its 401. */
  realm: string
  /** What the token service answers; default: a token. */
  token?: string
  certificates?: (host: string) => Certificates
}

/** Asks `registry.invalid`, which is insecure by the settings, through a proxy that brings everybody to one server. */
async function login({ realm, token = '{"token": "t"}', certificates = () => ({ authorities: [] }) }: Sent) {
  const told: string[] = []
  const own = { key: read('server.key'), cert: read('server.crt') }
  const registry = https.createServer(own, ({ headers }, response) => {
    if (headers.host === 'registry.invalid') {
      const shown = headers.authorization === 'Bearer t'
      response.writeHead(shown ? 200 : 401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
      return
    }
    told.push(`${headers.host} ${headers.authorization}`)
    response.end(token)
  })
  await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve))
  const proxy = http.createServer().on('connect', (_, socket) => {
    const other = connect((registry.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      socket.pipe(other).pipe(socket)
    })
    for (const end of [socket, other]) end.on('error', () => {})
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const session = openSession({
    reference: { registry: 'registry.invalid', repository: '', tag: undefined, digest: undefined },
    action: 'pull',
    credentials: { username: 'me', password: 'secret' },
    settings: { mirrors: [], isInsecure: host => host === 'registry.invalid', certificates },
    insecure: false,
    env: { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` },
  })
  try {
    const { status, body } = await session.send({ path: '/v2/', admits: () => true })
    body.resume()
    return { status, told }
  } catch (error) {
    return { error: String(error), told }
  } finally {
    session.close()
    for (const one of [registry, proxy]) {
      one.closeAllConnections()
      one.close()
    }
  }
}

const tokens = 'https://tokens.invalid/token'

test('the token service of an insecure registry has to have a certificate all the same', async () => {
  const { error = '', told } = await login({ realm: tokens })
  assert.match(error, /the token service of registry.invalid: .*self-signed certificate/)
  assert.deepEqual(told, [])
})

test('its authority may stand in certs.d of either', async () => {
  for (const name of ['registry.invalid', 'tokens.invalid']) {
    const certificates = (host: string) => ({ authorities: host === name ? [read('server.crt')] : [] })
    const { status, told } = await login({ realm: tokens, certificates })
    assert.deepEqual([status, told.length], [200, 1], name)
  }
})

test('a registry that was asked by TLS gets no password without', async () => {
  const { error = '', told } = await login({ realm: 'http://registry.invalid/token' })
  assert.match(error, /asks for its credentials to be sent to http:\S+: without TLS/)
  assert.deepEqual(told, [])
})

test('a token that does not end is none', async () => {
  const certificates = () => ({ authorities: [read('server.crt')] })
  const { error = '' } = await login({ realm: tokens, token: 'x'.repeat(2 << 20), certificates })
  assert.match(error, /a token of more than 1 MiB/)
})
