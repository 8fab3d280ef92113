// up must pull with what `docker login` has left, from its file or from a credential helper, and say that a login is
// missing where it is. The registry is a real one that asks for a password.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { hostPlatform } from '../../src/registry/platform.ts'
import { writeTar } from '../../src/shared/tar/write.ts'
import { busyboxTar } from '../busybox.ts'
import { password, startPrivateRegistry, type TestRegistry } from '../registry-process.ts'
import { stack } from './stack.ts'
import { projectTraces } from './traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'private-registry-'))
let registry: TestRegistry
let port: number

before(async () => {
  registry = await startPrivateRegistry()
  port = Number(registry.host.split(':')[1])
  writeFileSync(join(folder, 'shop.tar'), archive())
  const to = ['--dest-tls-verify=false', '--dest-creds', `me:${password}`, `docker://127.0.0.1:${port}/team/shop:1`]
  execFileSync('skopeo', ['copy', '-q', `docker-archive:${folder}/shop.tar`, ...to])
})
after(async () => {
  await registry[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** The tests' image as `docker save` writes one. */
function archive(): Buffer {
  const layer = readFileSync(busyboxTar())
  const { os, architecture } = hostPlatform()
  const diffId = `sha256:${createHash('sha256').update(layer).digest('hex')}`
  const config = { os, architecture, config: { Cmd: ['sh'] }, rootfs: { type: 'layers', diff_ids: [diffId] } }
  const manifest = [{ Config: 'config.json', RepoTags: ['shop:1'], Layers: ['layer.tar'] }]
  const file = (path: string, content: string | Buffer) => ({ path, content, mode: 0o644, uid: 0, gid: 0 })
  return writeTar([
    file('config.json', JSON.stringify(config)),
    file('layer.tar', layer),
    file('manifest.json', JSON.stringify(manifest)),
  ])
}

/** A folder with docker's config.json. */
function dockerConfig(name: string, config: object): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), JSON.stringify(config))
  return path
}

test('without a login the pull is refused, says so, and nothing is made', async t => {
  const env = { REGISTRY_PORT: String(port), DOCKER_CONFIG: dockerConfig('none', {}) }
  await using s = await stack(t, 'private-registry', env)
  const { code, stderr } = await s.cli('up', '-d')
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`pull access denied for 127\\.0\\.0\\.1:${port}/team/shop, .*docker login`))
  assert.doesNotMatch(stderr, /let me in/)
  assert.doesNotMatch(stderr, /Creating/)
  assert.deepEqual(projectTraces(s.root), [])
})

test('the password of config.json is sent', async t => {
  const auth = Buffer.from(`me:${password}`).toString('base64')
  const config = dockerConfig('file', { auths: { [`127.0.0.1:${port}`]: { auth } } })
  await using s = await stack(t, 'private-registry', { REGISTRY_PORT: String(port), DOCKER_CONFIG: config })
  await s.ok('up', '-d')
  assert.match(await s.ok('ps', '--format', 'json'), new RegExp(`127\\.0\\.0\\.1:${port}/team/shop:1`))
  await s.ok('down')
})

test('DOCKER_AUTH_CONFIG of a CI system is sent', async t => {
  const auths = { [`127.0.0.1:${port}`]: { auth: Buffer.from(`me:${password}`).toString('base64') } }
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }), DOCKER_CONFIG: dockerConfig('ci', {}) }
  await using s = await stack(t, 'private-registry', { REGISTRY_PORT: String(port), ...env })
  await s.ok('up', '-d')
  await s.ok('down')
})

test('a credential helper is asked for this registry', async t => {
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  const answer = JSON.stringify({ ServerURL: '', Username: 'me', Secret: password })
  writeFileSync(join(programs, 'docker-credential-probe'), `#!/bin/sh\ncat >${folder}/asked\nprintf '%s' '${answer}'\n`)
  chmodSync(join(programs, 'docker-credential-probe'), 0o755)
  const config = dockerConfig('helper', { credHelpers: { [`127.0.0.1:${port}`]: 'probe' } })
  const PATH = `${programs}:${process.env.PATH}`
  await using s = await stack(t, 'private-registry', { REGISTRY_PORT: String(port), DOCKER_CONFIG: config, PATH })
  await s.ok('up', '-d')
  assert.equal(readFileSync(join(folder, 'asked'), 'utf8'), `127.0.0.1:${port}`)
  await s.ok('down')
})

test('a helper that is not installed is told as such', async t => {
  const config = dockerConfig('missing', { credsStore: 'nowhere' })
  await using s = await stack(t, 'private-registry', { REGISTRY_PORT: String(port), DOCKER_CONFIG: config })
  const { code, stderr } = await s.cli('up', '-d')
  assert.equal(code, 1)
  assert.match(stderr, /docker-credential-nowhere[\s\S]*install docker-credential-nowhere/)
})
