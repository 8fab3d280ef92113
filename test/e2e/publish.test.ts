// publish must store the project so that -f oci:// loads the same project elsewhere, in the form that Docker Compose
// writes, and say what it would show to everybody.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runningEngine } from '../../src/cli/embedded.ts'
import { followProgress } from '../../src/docker/protocol/json-lines.ts'
import type { RegistryDocument } from '../../src/registry/manifest.ts'
import { engineRoots } from '../../src/shared/roots.ts'
import { startFaultyRegistry } from '../faulty-registry.ts'
import { startRegistry, type TestRegistry } from '../registry-process.ts'
import { type Stack, stack } from './stack.ts'

let registry: TestRegistry
const caches = mkdtempSync(join(tmpdir(), 'publish-'))

before(async () => {
  registry = await startRegistry()
})
after(async () => {
  await registry[Symbol.asyncDispose]()
  rmSync(caches, { recursive: true, force: true })
})

const own = () => ({ REGISTRY: registry.host, XDG_CACHE_HOME: caches, COMPOSE_PROJECT_NAME: undefined })

async function document(name: string, tag: string): Promise<RegistryDocument & Record<string, unknown>> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json'
  const answer = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, { headers: { accept } })
  assert.equal(answer.status, 200)
  return (await answer.json()) as RegistryDocument & Record<string, unknown> // a manifest
}

async function blob(name: string, digest: string): Promise<string> {
  return (await fetch(`http://${registry.host}/v2/${name}/blobs/${digest}`)).text()
}

/** The image that the project names, in the registry. */
async function pushImage(s: Stack): Promise<string> {
  const running = await runningEngine(engineRoots(s.env))
  assert.ok(running)
  await running.docker.getImage('busybox').tag({ repo: `${registry.host}/team/web`, tag: '1' })
  await followProgress(await running.docker.getImage(`${registry.host}/team/web`).push({ tag: '1' }))
  const { Descriptor } = await running.docker.getImage(`${registry.host}/team/web:1`).distribution()
  running.docker.close()
  return Descriptor.digest ?? ''
}

const name = 'team/stack'

test('files go as they are, with what they extend and their environment; elsewhere they mean the same', async t => {
  await using s = await stack(t, 'publish', own())
  const target = `${registry.host}/${name}:1`
  assert.match((await s.cli('publish', '--with-env', target)).stderr, /stack:1 published/)
  const manifest = await document(name, '1')
  const { layers = [], config } = manifest
  assert.equal(manifest.artifactType, 'application/vnd.docker.compose.project')
  assert.deepEqual(config, {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    size: 2,
    data: 'e30=',
  })
  assert.deepEqual(
    layers.map(({ mediaType, annotations = {} }) => [mediaType, ...Object.keys(annotations)]),
    [
      ['application/vnd.docker.compose.file+yaml', 'com.docker.compose.file', 'com.docker.compose.version'],
      [
        'application/vnd.docker.compose.file+yaml',
        'com.docker.compose.extends',
        'com.docker.compose.file',
        'com.docker.compose.version',
      ],
      ['application/vnd.docker.compose.envfile', 'com.docker.compose.envfile', 'com.docker.compose.version'],
    ],
  )
  const file = await blob(name, layers[0]?.digest ?? '')
  const written = readFileSync(join(s.cwd, 'compose.yaml'), 'utf8')
  assert.equal(file.replace(/[0-9a-f]{64}\.yaml/, 'base.yaml').replace(/[0-9a-f]{64}\.env/, 'web.env'), written)
  const config1 = await s.ok('config')
  const elsewhere = await s.ok('-f', `oci://${target}`, 'config')
  assert.equal(elsewhere, config1)
})

test('with --resolve-image-digests the images are those of today; without --with-env there is no env file', async t => {
  await using s = await stack(t, 'publish', own())
  const digest = await pushImage(s)
  await s.ok('publish', '-y', '--resolve-image-digests', `${registry.host}/${name}:pinned`)
  const { layers = [] } = await document(name, 'pinned')
  assert.deepEqual(
    layers.map(({ annotations = {} }) => annotations['com.docker.compose.file']?.replace(/[0-9a-f]{64}/, '…')),
    ['compose.yaml', '….yaml', 'image-digests.yaml'],
  )
  assert.match(
    await blob(name, layers[2]?.digest ?? ''),
    new RegExp(`web:\\n +image: ${registry.host}/team/web:1@${digest}\\n`),
  )
})

test('--app takes the images along', async t => {
  await using s = await stack(t, 'publish', own())
  const digest = await pushImage(s)
  await s.ok('publish', '-y', '--app', `${registry.host}/${name}:app`)
  const to = `${registry.host}/${name}@${digest}`
  const copied = JSON.parse(
    execFileSync('skopeo', ['inspect', '--tls-verify=false', `docker://${to}`], { encoding: 'utf8' }),
  )
  assert.equal(copied.Digest, digest)
})

test('a registry from before OCI 1.1 gets the older form', async t => {
  await using s = await stack(t, 'publish', own())
  await using old = await startFaultyRegistry(registry.host, ({ method, path, before: times }) =>
    method === 'PUT' && path.includes('/manifests/') && times === 0
      ? { kind: 'status', status: 400, body: '{"errors":[{"code":"MANIFEST_INVALID","message":"artifactType"}]}' }
      : undefined,
  )
  await s.ok('publish', '-y', `${old.host}/${name}:old`)
  const { artifactType, config } = await document(name, 'old')
  assert.deepEqual(
    [artifactType, config?.mediaType],
    [undefined, 'application/vnd.docker.compose.config.empty.v1+json'],
  )
})

test('secrets by their form and bind mounts are asked about; a local include is refused; --dry-run sends nothing', async t => {
  await using s = await stack(t, 'publish', own())
  const target = `${registry.host}/team/leaky:1`
  const entry = new URL('../../bin/run.js', import.meta.url).pathname
  const words = [entry, '-f', 'leaky.yaml', 'publish', target]
  // Nobody answers.
  const asked = spawnSync(process.execPath, words, { cwd: s.cwd, env: s.env, input: '', encoding: 'utf8' })
  assert.equal(asked.status, 130)
  assert.match(asked.stdout, /bind mounts declaration[\s\S]*web\/.*\/data:\/data:ro\nAre you ok to publish these bind/)
  const including = await s.cli('-f', 'including.yaml', 'publish', target)
  assert.match(including.stderr, /cannot publish compose file with local includes/)
  assert.match(
    await s.ok('--dry-run', '-f', 'leaky.yaml', 'publish', '-y', target),
    /^publish compose file .*leaky\.yaml$/m,
  )
  assert.equal((await fetch(`http://${registry.host}/v2/team/leaky/tags/list`)).status, 404)
})
