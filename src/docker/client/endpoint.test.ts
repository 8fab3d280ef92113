import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { chosenEndpoint } from './endpoint.ts'

test('nothing named means the embedded engine', () => {
  assert.equal(chosenEndpoint({}, { HOME: '/root' }), undefined)
})

test('flags come before variables, hosts before contexts', () => {
  const env = { DOCKER_HOST: 'tcp://10.0.0.1', DOCKER_CONTEXT: 'other', HOME: '/none' }
  assert.deepEqual(chosenEndpoint({}, env), { kind: 'tcp', host: '10.0.0.1', port: 2375, tls: undefined })
  assert.deepEqual(chosenEndpoint({ host: 'unix:///x.sock' }, env), { kind: 'unix', path: '/x.sock' })
  assert.deepEqual(chosenEndpoint({ host: 'ssh://me@far:2222/run/d.sock' }, env), {
    kind: 'ssh',
    host: 'far',
    user: 'me',
    port: '2222',
    socket: '/run/d.sock',
  })
  assert.throws(() => chosenEndpoint({ host: 'x', context: 'y' }, {}), /conflicting options/)
  assert.throws(() => chosenEndpoint({ context: 'gone' }, env), /context "gone": context not found/)
  assert.throws(() => chosenEndpoint({ host: 'gopher://x' }, env), /unable to parse docker host/)
})

test('a context brings its host and certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contexts-'))
  try {
    const id = createHash('sha256').update('far').digest('hex')
    mkdirSync(join(folder, 'contexts/meta', id), { recursive: true })
    mkdirSync(join(folder, 'contexts/tls', id, 'docker'), { recursive: true })
    writeFileSync(join(folder, 'contexts/meta', id, 'meta.json'), '{"Endpoints":{"docker":{"Host":"tcp://far:2376"}}}')
    writeFileSync(join(folder, 'contexts/tls', id, 'docker/ca.pem'), 'CA')
    assert.deepEqual(chosenEndpoint({}, { DOCKER_CONTEXT: 'far', DOCKER_CONFIG: folder }), {
      kind: 'tcp',
      host: 'far',
      port: 2376,
      tls: { ca: 'CA', cert: undefined, key: undefined, verify: true },
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
