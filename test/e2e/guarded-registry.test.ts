// A registry with TLS by an authority of its own and with a password must be as good as any, from login to logout.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { password, startPrivateRegistry } from '../registry-process.ts'
import { stack } from './stack.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname

/** A certificate that is its own authority. */
function certificate(folder: string): { crt: string; key: string } {
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'crt')]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const name = ['-subj', `/CN=${hostname()}`, '-addext', `subjectAltName=DNS:${hostname()}`]
  execFileSync('openssl', ['req', ...kind, ...files, ...name], { stdio: 'ignore' })
  return { crt: readFileSync(join(folder, 'crt'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') }
}

test('login, push, pull and logout', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-guarded-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { crt, key } = certificate(folder)
  await using registry = await startPrivateRegistry({
    address: (await lookup(hostname(), { family: 4 })).address,
    tls: { certificate: 'crt', key: 'key' },
    files: { crt, key },
  })
  // By name, since whatever is at an address of loopback is trusted.
  const host = `${hostname()}:${registry.host.split(':')[1]}`
  const name = `${host}/team/tools:1`
  await using s = await stack(t, 'private-registry', {
    REGISTRY_PORT: registry.host.split(':')[1],
    DOCKER_CONFIG: join(folder, 'docker'),
    TSC_COMPOSE_CONFIG: join(folder, 'settings'),
  })
  const login = (input: string) =>
    new Promise<{ code: number; said: string }>(resolve => {
      const words = [entry, 'login', '-u', 'me', '--password-stdin', host]
      const child = execFile(process.execPath, words, { env: s.env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
      )
      child.stdin?.end(input)
    })
  await s.ok('image', 'tag', 'busybox', name)

  const unknown = await login(password)
  assert.equal(unknown.code, 1)
  assert.match(unknown.said, /certificate/)
  mkdirSync(join(folder, 'settings/certs.d', host), { recursive: true })
  writeFileSync(join(folder, 'settings/certs.d', host, 'ca.crt'), crt)

  assert.match((await login('wrong')).said, /unauthorized/)
  assert.match((await s.cli('image', 'push', name)).stderr, /denied|unauthorized|no basic auth/)
  const { code, said } = await login(password)
  assert.equal(code, 0, said)
  assert.match(await s.ok('image', 'push', name), /^1: digest: sha256:/m)
  await s.ok('image', 'rm', name)
  await s.ok('image', 'pull', '-q', name)

  assert.match(await s.ok('logout', host), /Removing login credentials/)
  await s.ok('image', 'rm', name)
  const refused = await s.cli('image', 'pull', name)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /pull access denied|unauthorized|no basic auth/)
  assert.doesNotMatch(refused.stderr, /let me in/)
})
