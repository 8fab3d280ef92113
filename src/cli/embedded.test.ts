import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { engineRoots } from '../shared/roots.ts'
import { packageVersion } from '../shared/version.ts'
import { embeddedEngine, engineEnvironment, engineProcesses, gone, runningEngine, shutDownEngine } from './embedded.ts'

/** A stand-in with the engine's manners: fd 3, the socket as lock, /_ping and /x/shutdown. */
const engineSource = (version: string) => `
const http = require('node:http'), fs = require('node:fs'), net = require('node:net')
const run = process.env.TSC_COMPOSE_ROOT + '/run', path = run + '/engine.sock'
fs.mkdirSync(run, { recursive: true })
fs.appendFileSync(process.env.TSC_COMPOSE_ROOT + '/starts', JSON.stringify(Object.keys(process.env)) + '\\n')
const server = http.createServer((q, s) => {
  s.setHeader('Server', 'tsc-compose/${version}').setHeader('X-Extensions', 'shutdown')
  s.end('{}')
  if (q.url.endsWith('/x/shutdown')) { s.on('close', () => { server.close(); fs.rmSync(run + '/engine.pid'); fs.rmSync(path, { force: true }); process.exit() }) }
})
const ready = () => { fs.writeSync(3, 'ready\\n'); fs.closeSync(3) }
server.on('error', () => {
  const knock = () => net.connect(path).on('connect', () => { ready(); process.exit() }).on('error', () => setTimeout(knock, 5))
  knock()
})
server.listen(path, () => { fs.writeFileSync(run + '/engine.pid', String(process.pid)); ready() })
`

async function rooms() {
  const root = mkdtempSync(join(tmpdir(), 'embedded-'))
  const env = { TSC_COMPOSE_ROOT: root, PATH: process.env.PATH, CI_JOB_ID: 'x', HTTPS_PROXY: 'p' }
  const entry = (name: string, source: string) => {
    writeFileSync(join(root, name), source)
    return join(root, name)
  }
  return {
    root,
    env,
    entry,
    roots: engineRoots(env),
    async [Symbol.asyncDispose]() {
      const running = await runningEngine(engineRoots(env))
      const processes = engineProcesses(engineRoots(env))
      if (running) await shutDownEngine(running.docker, { stopContainers: true })
      await gone(processes)
      running?.docker.close()
      rmSync(root, { recursive: true })
    },
  }
}

test('two callers at once get one engine', async () => {
  await using place = await rooms()
  const entry = place.entry('engine.cjs', engineSource(packageVersion()))
  const clients = await Promise.all([
    embeddedEngine({ env: place.env, entry }),
    embeddedEngine({ env: place.env, entry }),
  ])
  const pids = clients.map(() => readFileSync(place.roots.pidPath, 'utf8'))
  assert.equal(pids[0], pids[1])
  for (const client of clients) client.close()
})

test('an engine of another version is replaced', async () => {
  await using place = await rooms()
  const old = await embeddedEngine({ env: place.env, entry: place.entry('old.cjs', engineSource('0.0.1')) })
  old.close()
  const docker = await embeddedEngine({ env: place.env, entry: place.entry('new.cjs', engineSource(packageVersion())) })
  assert.equal((await docker.ping()).server, `tsc-compose/${packageVersion()}`)
  docker.close()
})

test('an engine that cannot start says why; one that hangs meets the deadline', async () => {
  await using place = await rooms()
  const failing = place.entry('failing.cjs', `require('node:fs').writeSync(3, 'error: no crun\\n'); process.exit(1)`)
  await assert.rejects(embeddedEngine({ env: place.env, entry: failing }), {
    message: 'the engine could not start: no crun',
  })
  const silent = place.entry('silent.cjs', 'process.exit(3)')
  await assert.rejects(embeddedEngine({ env: place.env, entry: silent }), {
    message: 'the engine could not start: it ended with 3',
  })
  const hanging = place.entry('hanging.cjs', 'setInterval(() => {}, 1000)')
  await assert.rejects(embeddedEngine({ env: place.env, entry: hanging, deadlineMs: 150 }), {
    code: 'deadline_exceeded',
  })
})

test("the engine's environment has no mark of the caller's", () => {
  assert.deepEqual(
    engineEnvironment({ PATH: '/bin', CI_JOB_ID: '7', https_proxy: 'p', XDG_DATA_HOME: '/d', FOO: 'x' }),
    {
      PATH: '/bin',
      https_proxy: 'p',
      XDG_DATA_HOME: '/d',
    },
  )
})
