// Certificates: an authority of certs.d is trusted for its registry, a client shows its own, and nobody else is trusted.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { Certificates } from '../../src/registry/settings.ts'
import { openTransport } from '../../src/registry/transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'transport-'))
const read = (name: string) => readFileSync(join(folder, name))
let server: https.Server
let url: string

before(async () => {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
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
  const transport = openTransport({ env: {}, certificates, insecure })
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
