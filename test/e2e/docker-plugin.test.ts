// The docker CLI must run this program as `docker compose`, with its own flags before the word, on the embedded engine
// unless it names another; and another's plugin must be safe.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { engineRoots } from '../../src/shared/roots.ts'
import { dockerCli } from '../docker-cli.ts'
import { type Run, type Stack, stack } from './stack.ts'

const entry = realpathSync(new URL('../../bin/run.js', import.meta.url).pathname)

test('docker compose must be this program, on its engine', async t => {
  await using s = await withConfig(await stack(t, 'up-down'))
  const { folder, link } = s
  assert.match(await s.ok('install-plugin', '--dry-run'), /^Would link .*docker-compose to .*run\.js$/m)
  assert.equal(existsSync(link), false)
  await s.ok('install-plugin')
  assert.equal(realpathSync(link), entry)
  await s.ok('install-plugin')

  assert.match((await docker(s, 'info')).stdout, /compose: Compose without Docker/)
  assert.match((await docker(s, 'compose', 'version')).stdout, /^tsc-compose version /)
  const page = (await docker(s, 'compose', 'up', '--help')).stdout
  assert.match(page, /^Usage: {2}tsc-compose up /)
  assert.equal((await docker(s, 'help', 'compose', 'up')).stdout, page)

  const up = await docker(s, 'compose', 'up', '-d')
  assert.equal(up.code, 0, up.stderr)
  const listed = await s.ok('ps', '-q')
  assert.notEqual(listed, '')
  const socket = `unix://${engineRoots(s.env).socketPath}`
  for (const flags of [[], ['--config', folder, '-l', 'error'], ['-H', socket], [`--host=${socket}`]])
    assert.deepEqual(await docker(s, ...flags, 'compose', 'ps', '-q'), { stdout: listed, stderr: '', code: 0 })

  const nowhere = await docker(s, '-H', 'unix:///nowhere.sock', 'compose', 'ps')
  assert.match(nowhere.stderr, /Cannot connect to the Docker daemon at unix:\/\/\/nowhere\.sock/)
  assert.match((await docker(s, '-c', 'absent', 'compose', 'ps')).stderr, /context "absent"/)
  assert.equal((await docker(s, 'compose', 'down', '-t', '0')).code, 0)
})

test("another's plugin must stay, unless it is replaced by force, and then come back", async t => {
  await using s = await withConfig(await stack(t, 'up-down'))
  const { link } = s
  mkdirSync(join(link, '..'), { recursive: true })
  writeFileSync(link, 'theirs', { mode: 0o755 })
  const refused = await s.cli('install-plugin')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /is another program's\n.*--force replaces it/)
  assert.match((await s.cli('install-plugin', '--uninstall')).stderr, /is another program's: it stays/)
  assert.equal(readFileSync(link, 'utf8'), 'theirs')

  await s.ok('install-plugin', '--force')
  assert.equal(realpathSync(link), entry)
  await s.ok('install-plugin', '--force')
  assert.match(await s.ok('install-plugin', '--uninstall'), /what was there before is back/)
  assert.equal(readFileSync(link, 'utf8'), 'theirs')
  assert.ok(lstatSync(link).isFile())
})

test('a command must end when docker closes its socket, as it does when it is told to end', async t => {
  await using s = await stack(t, 'up-down')
  const name = `tsc-plugin-${process.pid}`
  const server = createServer().listen(`\0${name}`)
  await once(server, 'listening')
  const env = { ...s.env, DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker', DOCKER_CLI_PLUGIN_SOCKET: `@${name}` }
  const connection = once(server, 'connection')
  const child = spawn(process.execPath, [entry, 'compose', 'events'], { cwd: s.cwd, env, stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(20_000) })
  const [socket] = await connection
  assert.equal(child.exitCode, null)
  socket.end()
  const [code, signal] = await ended
  assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`)
  server.close()
})

/** A configuration of docker's for this test alone. */
async function withConfig(s: Stack) {
  const folder = join(s.root, 'docker-config')
  mkdirSync(folder)
  s.env.DOCKER_CONFIG = folder
  return Object.assign(s, { folder, link: join(folder, 'cli-plugins/docker-compose') })
}

function docker(s: Stack, ...words: string[]): Promise<Run> {
  return new Promise(resolve =>
    execFile(dockerCli(), words, { cwd: s.cwd, env: s.env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? Number(error.code) : 0 }),
    ),
  )
}
