// Docker's own client against this engine: log in, push, pull, save, load, import from a URL, and what events tell of it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { engineRoots } from '../../src/shared/roots.ts'
import { busyboxTar } from '../busybox.ts'
import { dockerCli } from '../docker-cli.ts'
import { password, startPrivateRegistry, type TestRegistry } from '../registry-process.ts'
import { startEngine, type TestEngine } from './engine-process.ts'
import { importBusybox } from './run.ts'

let engine: TestEngine
let registry: TestRegistry
const folder = mkdtempSync(join(tmpdir(), 'tsc-client-'))

before(async () => {
  engine = await startEngine()
  registry = await startPrivateRegistry()
  await importBusybox(engine)
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** What it says on both streams, and its exit code. */
function docker(words: string[], input = ''): Promise<{ said: string; code: number }> {
  const { socketPath } = engineRoots(engine.env)
  const env = { PATH: process.env.PATH, DOCKER_HOST: `unix://${socketPath}`, DOCKER_CONFIG: folder, HOME: folder }
  return new Promise(resolve => {
    const child = execFile(dockerCli(), words, { env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ said: stdout + stderr, code: error ? Number(error.code) : 0 }),
    )
    child.stdin?.end(input)
  })
}
async function ok(...words: string[]): Promise<string> {
  const { said, code } = await docker(words)
  assert.equal(code, 0, `docker ${words.join(' ')}: ${said}`)
  return said
}

test('login, push, removal and pull', async () => {
  const image = `${registry.host}/team/app:1`
  await ok('tag', 'busybox', image)
  assert.match((await docker(['push', image])).said, /push access denied|no basic auth/)
  const login = ['login', '-u', 'me', '--password-stdin', registry.host]
  assert.match((await docker(login, 'wrong')).said, /unauthorized: incorrect username or password/)
  assert.match((await docker(login, password)).said, /Login Succeeded/)
  assert.match(await ok('push', image), /1: digest: sha256:[0-9a-f]{64} size: \d+/)
  await ok('rmi', image)
  assert.match(await ok('pull', image), /Downloaded newer image/)
})

test('save, load, history and df', async () => {
  const archive = join(folder, 'saved.tar')
  await ok('tag', 'busybox', 'carried:1')
  await ok('save', '-o', archive, 'carried:1')
  await ok('rmi', 'carried:1')
  assert.match(await ok('load', '-i', archive), /Loaded image: carried:1/)
  assert.match(await ok('history', 'carried:1'), /Imported from -/)
  assert.match(await ok('system', 'df'), /^Images +\d+ +\d+ +[\d.]+MB/m)
  assert.match(await ok('images', '--digests', 'carried'), /carried +1 /)
})

test('import from a URL', async () => {
  const server = http.createServer(({ url }, response) => {
    if (url === '/rootfs.tar') createReadStream(busyboxTar()).pipe(response)
    else response.writeHead(url === '/moved.tar' ? 302 : 404, { location: '/rootfs.tar' }).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port.
  const { port } = server.address() as AddressInfo
  try {
    await ok('import', `http://127.0.0.1:${port}/moved.tar`, 'fetched:1')
    assert.match(await ok('history', 'fetched:1'), /Imported from http/)
    assert.match((await docker(['import', `http://127.0.0.1:${port}/nothing.tar`])).said, /the server answers 404/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('events tell what was done with images', async () => {
  const until = String(Date.now() / 1000 + 0.001)
  const said = await ok(
    'events',
    '--since',
    '10m',
    '--until',
    until,
    '--filter',
    'type=image',
    '--format',
    '{{.Action}}',
  )
  const actions = new Set(said.trim().split('\n'))
  assert.deepEqual([...actions].sort(), ['import', 'load', 'pull', 'push', 'save', 'tag', 'untag'])
})
