import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lgetxattr } from '../../src/engine/kernel/libc.ts'
import { busyboxTar } from '../busybox.ts'
import { freePort, startRegistry, type TestRegistry } from '../registry-process.ts'
import { tarOf } from './archives.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, shell } from './run.ts'

let engine: TestEngine
let registry: TestRegistry
let port: number
const folder = mkdtempSync(join(tmpdir(), 'tsc-images-'))

before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
  registry = await startRegistry()
  port = Number(registry.host.split(':')[1])
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const digest = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const messages = async (stream: AsyncIterable<Buffer>) => {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
    .trim()
    .split(/\r?\n/)
    .map(line => JSON.parse(line) as { status?: string; error?: string; id?: string })
}
const pull = async (reference: string) => messages(await engine.docker.pull(reference))

/** An OCI layout: BusyBox below, `layers` on top, each compressed in its own way. */
function layout(name: string, layers: readonly { tar: Buffer; compress?: 'gzip' | 'zstd' }[]): string {
  const path = join(folder, name)
  mkdirSync(join(path, 'blobs/sha256'), { recursive: true })
  const put = (bytes: Buffer) => {
    writeFileSync(join(path, 'blobs', digest(bytes).replace(':', '/')), bytes)
    return { digest: digest(bytes), size: bytes.length }
  }
  const all = [{ tar: readFileSync(busyboxTar()), compress: 'gzip' as const }, ...layers]
  const descriptors = all.map(({ tar, compress }) => ({
    mediaType: `application/vnd.oci.image.layer.v1.tar${compress ? `+${compress}` : ''}`,
    ...put(compress === 'gzip' ? gzipSync(tar) : compress === 'zstd' ? zstdCompressSync(tar) : tar),
  }))
  const config = put(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: ['sh'], Env: ['FROM=image'] },
        rootfs: { type: 'layers', diff_ids: all.map(({ tar }) => digest(tar)) },
      }),
    ),
  )
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
        layers: descriptors,
      }),
    ),
  )
  writeFileSync(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(path, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          ...manifest,
          annotations: { 'org.opencontainers.image.ref.name': 'latest' },
        },
      ],
    }),
  )
  return path
}

const push = (path: string, name: string) =>
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--dest-tls-verify=false',
    `oci:${path}:latest`,
    `docker://127.0.0.1:${port}/${name}`,
  ])

const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')
const lower = tarOf([
  { name: 'keep/', type: '5', mode: 0o700, uid: 1000, gid: 50 },
  { name: 'keep/gone', body: 'deleted above' },
  { name: 'keep/stays', body: 'lower' },
  { name: 'hidden/', type: '5' },
  { name: 'hidden/old', body: 'hidden above' },
  { name: 'target', body: 'linked from above', uid: 7 },
])
const upper = tarOf([
  { name: 'keep/.wh.gone' },
  { name: 'keep/new', body: 'upper' },
  { name: 'hidden/.wh..wh..opq' },
  { name: 'hidden/fresh', body: 'new' },
  { name: 'hard', type: '1', linkName: 'target' },
  { name: 'suid', body: 'x', mode: 0o4755, uid: 1000 },
  { name: 'capable', body: 'x', xattrs: { 'security.capability': capability } },
  { name: 'way', type: '2', linkName: '/etc' },
  { name: 'way/through', body: 'stays in the image' },
])

test('a pull brings layers of every compression, on top of each other', async () => {
  push(layout('layered', [{ tar: lower, compress: 'zstd' }, { tar: upper }]), 'layered:1')
  const said = await pull(`127.0.0.1:${port}/layered:1`)
  assert.match(
    said.map(({ status }) => status).join('\n'),
    /Pull complete[\s\S]*Digest: sha256:[\s\S]*Downloaded newer image/,
  )
  const { stdout } = await shell(
    engine,
    'ls -A /keep /hidden; stat -c "%n %a %u %g" /keep /suid; stat -c "%h %u" /hard; cat /hard /target; cat /etc/through; echo $FROM',
    { Image: `127.0.0.1:${port}/layered:1` },
  )
  assert.equal(
    stdout,
    '/hidden:\nfresh\n\n/keep:\nnew\nstays\n/keep 700 1000 50\n/suid 4755 1000 0\n2 7\nlinked from abovelinked from abovestays in the imageimage\n',
  )
  assert.equal(existsSync('/etc/through'), false)
})

test('extended attributes arrive byte for byte', () => {
  const layers = readdirSync(join(engine.root, 'layers'), { recursive: true, encoding: 'utf8' })
  const file = layers.find(name => name.endsWith('/diff/capable'))
  assert.ok(file)
  assert.deepEqual(lgetxattr(join(engine.root, 'layers', file), 'security.capability'), capability)
})

test('a second pull finds everything there; a digest names the same image', async () => {
  const again = await pull(`127.0.0.1:${port}/layered:1`)
  assert.match(again.map(({ status }) => status).join('\n'), /Image is up to date/)
  const [repoDigest = ''] = (await engine.docker.getImage(`127.0.0.1:${port}/layered:1`).inspect()).RepoDigests ?? []
  await pull(repoDigest)
  assert.equal(
    (await engine.docker.getImage(repoDigest).inspect()).Id,
    (await engine.docker.getImage(`127.0.0.1:${port}/layered:1`).inspect()).Id,
  )
})

test('what the registry does not have is refused in the words that scripts know', async () => {
  await assert.rejects(
    engine.docker.pull(`127.0.0.1:${port}/nothing`),
    /failed to resolve reference "(127\.0\.0\.1:\d+\/nothing:latest)": \1: not found|pull access denied/,
  )
  await assert.rejects(
    engine.docker.pull(`127.0.0.1:${await freePort()}/nobody/there`),
    /failed to do request.*connection refused/,
  )
})

test('content that does not match its digest is thrown away', async () => {
  const layer = tarOf([{ name: 'file', body: 'right' }])
  const path = layout('damaged', [{ tar: layer, compress: 'gzip' }])
  push(path, 'damaged:1')
  const wanted = digest(gzipSync(layer)).slice(7)
  const blobs = join(registry.folder, 'data/docker/registry/v2/blobs/sha256')
  const stored = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).find(
    name => name.includes(wanted) && name.endsWith('/data'),
  )
  assert.ok(stored, 'the registry has the layer')
  const bytes = readFileSync(join(blobs, stored))
  bytes[20] = (bytes[20] ?? 0) ^ 1
  writeFileSync(join(blobs, stored), bytes)
  const said = await pull(`127.0.0.1:${port}/damaged:1`)
  assert.match(said.at(-1)?.error ?? '', /does not match its digest/)
  await assert.rejects(engine.docker.getImage(`127.0.0.1:${port}/damaged:1`).inspect(), /No such image/)
})

test('archives of docker and of OCI are loaded with their names', async () => {
  const path = layout('archived', [{ tar: tarOf([{ name: 'mark', body: 'archived' }]), compress: 'gzip' }])
  const archive = join(folder, 'docker.tar')
  execFileSync('skopeo', ['copy', '-q', `oci:${path}:latest`, `docker-archive:${archive}:from-docker:2`])
  assert.match(
    JSON.stringify(await messages(await engine.docker.loadImage(readFileSync(archive)))),
    /Loaded image: .*from-docker:2/,
  )
  assert.equal((await shell(engine, 'cat /mark', { Image: 'from-docker:2' })).stdout, 'archived')
  const oci = join(folder, 'oci.tar')
  execFileSync('tar', ['-C', path, '-cf', oci, '.'])
  const said = JSON.stringify(await messages(await engine.docker.loadImage(readFileSync(oci))))
  const id = /Loaded image ID: (sha256:\w+)/.exec(said)?.[1] ?? ''
  assert.equal((await shell(engine, 'cat /mark', { Image: id })).stdout, 'archived')
})

test('an image that is removed by force stays for the stopped container that has it, without a name', async () => {
  await engine.docker.getImage('busybox').tag({ repo: 'forced', tag: '1' })
  const other = await engine.docker.createContainer({ Image: 'forced:1', Cmd: ['touch', '/mark'] })
  await other.start()
  await other.wait()
  const { Id } = await other.commit({ repo: 'forced', tag: '2' })
  await other.remove()
  await engine.docker.getImage('forced:1').remove()
  const container = await engine.docker.createContainer({ Image: 'forced:2', Cmd: ['ls', '/mark'] })
  await assert.rejects(engine.docker.getImage('forced:2').remove(), /must be forced/)
  assert.deepEqual(await engine.docker.getImage('forced:2').remove({ force: true }), [{ Untagged: 'forced:2' }])
  await assert.rejects(engine.docker.getImage(Id ?? '').remove({ force: true }), /using its referenced image/)
  await container.start()
  assert.equal((await container.wait()).StatusCode, 0)
  await container.remove()
  assert.deepEqual(await engine.docker.getImage(Id ?? '').remove(), [{ Deleted: Id }])
})

test('tags come and go; the last one takes the image with it, unless a container has it', async () => {
  await engine.docker.getImage('busybox').tag({ repo: 'other', tag: 'x' })
  await engine.docker.getImage('other:x').remove()
  await assert.rejects(engine.docker.getImage('other:x').inspect(), /No such image: other:x/)
  const container = await engine.docker.createContainer({ Image: 'from-docker:2' })
  await assert.rejects(engine.docker.getImage('from-docker:2').remove(), /container .* is using its referenced image/)
  await container.remove()
  await engine.docker.getImage('from-docker:2').remove()
  await assert.rejects(engine.docker.getImage('from-docker:2').inspect(), /No such image/)
})
