import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerEnvironment } from './docker-environment.ts'

test('an engine that is reached by TLS is reached so by docker, whatever named it; another is not', t => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-docker-env-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { PATH: '/bin', DOCKER_CONTEXT: 'far', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/elsewhere' }
  const tls = { ca: 'CA', cert: undefined, key: 'KEY', verify: true }
  const far = dockerEnvironment({ kind: 'tcp', host: 'far.test', port: 2376, tls }, folder, env)
  assert.deepEqual(far, {
    PATH: '/bin',
    DOCKER_HOST: 'tcp://far.test:2376',
    DOCKER_CONTEXT: '',
    DOCKER_CERT_PATH: folder,
    DOCKER_TLS: '1',
    DOCKER_TLS_VERIFY: '1',
  })
  assert.deepEqual(readdirSync(folder), ['ca.pem', 'key.pem'])
  assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'KEY')
  assert.equal(statSync(join(folder, 'key.pem')).mode & 0o777, 0o600)
  const near = dockerEnvironment({ kind: 'unix', path: '/run/docker.sock' }, folder, env)
  assert.deepEqual([near.DOCKER_HOST, near.DOCKER_TLS, near.DOCKER_TLS_VERIFY], ['unix:///run/docker.sock', '', ''])
})
