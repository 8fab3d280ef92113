// Builds by clients that others wrote: the docker CLI and Docker Compose with their classic builder, and what programs
// read of the stream.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { engineRoots } from '../../src/shared/roots.ts'
import { dockerCli } from '../docker-cli.ts'
import { tarOf } from './archives.ts'
import { contextOf } from './builds.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox, run } from './run.ts'

let engine: TestEngine
const folder = mkdtempSync(join(tmpdir(), 'tsc-client-'))
before(async () => {
  engine = await startEngine()
  await engine.docker.negotiate()
  await importBusybox(engine)
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function call(file: string, words: readonly string[], cwd = '/'): Promise<{ said: string; code: number }> {
  const env = {
    PATH: process.env.PATH,
    DOCKER_HOST: `unix://${engineRoots(engine.env).socketPath}`,
    DOCKER_BUILDKIT: '0',
    DOCKER_CONFIG: folder,
    HOME: folder,
  }
  return new Promise(resolve => {
    execFile(file, words, { env, cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ said: stdout + stderr, code: error ? Number(error.code) : 0 }),
    )
  })
}

test('docker build: files, arguments, limits, a target, and a failure with its code', async () => {
  const path = contextOf({
    'Dockerfile.own':
      'FROM busybox AS one\nARG A\nCOPY . /p\nRUN echo "$A $(ulimit -n) $(grep -c "h[12]" /etc/hosts)" > /a\nFROM one AS two\nRUN exit 3',
    '.dockerignore': 'left',
    left: '',
    f: 'F',
  })
  const words = ['build', '-f', join(path, 'Dockerfile.own'), '--build-arg', 'A=b', '--ulimit', 'nofile=99:99']
  const hosts = ['--add-host', 'h1:10.0.0.1', '--add-host', 'h2:10.0.0.2', '--label', 'l=m', '-t', 'own:1']
  const built = await call(dockerCli(), [...words, ...hosts, '--target', 'one', path])
  assert.equal(built.code, 0, built.said)
  assert.match(built.said, /Successfully built [0-9a-f]{12}\nSuccessfully tagged own:1/)
  assert.equal(
    (await run(engine, { Image: 'own:1', Cmd: ['sh', '-c', 'cat /a; ls /p'] })).stdout,
    'b 99 2\nDockerfile.own\nf\n',
  )
  assert.equal((await engine.docker.getImage('own:1').inspect()).Config?.Labels?.l, 'm')
  const failed = await call(dockerCli(), ['build', '-q', '-f', join(path, 'Dockerfile.own'), path])
  assert.equal(failed.code, 3)
  assert.match(failed.said, /did not complete successfully: exit code: 3/)
  const quiet = await call(dockerCli(), ['build', '-q', '-f', join(path, 'Dockerfile.own'), '--target', 'one', path])
  assert.match(quiet.said, /sha256:[0-9a-f]{64}/)
})

test('docker build with BuildKit is refused by name', async () => {
  const query = new URLSearchParams({ version: '2', session: 'x' })
  const stream = engine.docker.buildImage(Buffer.alloc(1024), { query: Object.fromEntries(query) })
  await assert.rejects(stream, /BuildKit sessions \(version=2\) are not served by this engine/)
})

/** A program of its own in Debian's package; the plugin of the docker CLI is not looked for. */
const hasCompose = spawnSync('docker-compose', ['version'], { stdio: 'ignore' }).status === 0

test('Docker Compose builds what it starts', { skip: !hasCompose && 'docker-compose is not installed' }, async () => {
  const path = contextOf({
    'compose.yaml':
      'name: by-compose\nservices:\n  app:\n    build:\n      context: .\n      args: {A: b}\n    network_mode: none\n    command: [cat, /a]\n',
    Dockerfile: 'FROM busybox\nARG A\nRUN echo "built with $A" > /a',
  })
  const up = await call('docker-compose', ['up', '--build', '--no-color'], path)
  assert.equal(up.code, 0, up.said)
  assert.match(up.said, /built with b/)
  const down = await call('docker-compose', ['down', '--rmi', 'local'], path)
  assert.equal(down.code, 0, down.said)
  assert.equal(
    (await engine.docker.listImages()).some(({ RepoTags }) => RepoTags?.join().includes('by-compose')),
    false,
  )
})

test('what programs read of the stream: lines of JSON, the id as aux, an error last', async () => {
  const build = async (dockerfile: string, query: Record<string, string> = {}) => {
    const tar = Readable.from([tarOf([{ name: 'Dockerfile', body: dockerfile }])])
    const lines = (await text(await engine.docker.buildImage(tar, { query }))).trim().split('\r\n')
    return lines.map(
      line => JSON.parse(line) as { stream?: string; aux?: { ID?: string }; error?: string; errorDetail?: object },
    )
  }
  const good = await build('FROM busybox\nRUN echo said', { t: 'streamed:1' })
  const id = good.flatMap(({ aux }) => aux?.ID ?? [])
  assert.deepEqual(id, [(await engine.docker.getImage('streamed:1').inspect()).Id])
  assert.match(good.map(({ stream = '' }) => stream).join(''), /RUN echo said\nsaid\nSuccessfully built/)
  const bad = await build('FROM busybox\nRUN exit 4')
  assert.deepEqual((bad.at(-1)?.errorDetail as { code?: number } | undefined)?.code, 4)
  assert.match(bad.at(-1)?.error ?? '', /exit code: 4/)
})

test('what a sent context says of its ignore file and its Dockerfile is read inside it, if it is a file', async () => {
  const secret = contextOf({ Dockerfile: 'FROM told-of-this-machine', '.dockerignore': 'kept' })
  const build = async (entries: Parameters<typeof tarOf>[0]) => {
    const stream = await engine.docker.buildImage(Readable.from([tarOf(entries)]), { query: { t: 'sent:1' } })
    return await text(stream)
  }
  const dockerfile = { name: 'Dockerfile', body: 'FROM busybox\nCOPY . /p' }
  const link = { name: '.dockerignore', type: '2', linkName: join(secret, '.dockerignore') }
  assert.match(await build([dockerfile, link, { name: 'kept', body: '' }]), /Successfully built/)
  assert.match((await run(engine, { Image: 'sent:1', Cmd: ['ls', '-A', '/p'] })).stdout, /kept/)
  assert.match(await build([dockerfile, { name: '.dockerignore', type: '6' }]), /Successfully built/)
  const outside = await build([{ name: 'Dockerfile', type: '2', linkName: join(secret, 'Dockerfile') }])
  assert.match(outside, /failed to read dockerfile: open Dockerfile: no such file/)
})
