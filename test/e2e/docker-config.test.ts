// What docker's config.json says must hold for our commands as it does for docker's.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, stack } from './stack.ts'
import { onTerminal } from './terminal.ts'

async function user(t: TestContext, config: object) {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (value: unknown) => writeFileSync(join(folder, 'config.json'), JSON.stringify(value))
  write(config)
  return { write, s: await stack(t, 'docker-config', { DOCKER_CONFIG: folder }) }
}

test('proxies: a build and a container have them, and another proxy recreates nothing', async t => {
  const { write, s } = await user(t, { proxies: { default: { httpProxy: 'http://p.test', noProxy: 'a.test' } } })
  await using _ = s
  await s.ok('up', '-d')
  const own = 'HTTP_PROXY=http://p.test\nNO_PROXY=mine\nhttp_proxy=http://p.test\nno_proxy=a.test\n'
  await eventually(
    async () => (await s.cli('logs', '--no-log-prefix')).stdout === `built by way of http://p.test\n${own}`,
    'its output',
  )
  write({ proxies: { default: { httpProxy: 'http://other.test' } } })
  assert.match((await s.cli('up', '-d')).stderr, / Container \S+-web-1 Running $/m)
  const once = await s.ok(
    'run',
    '--rm',
    '-T',
    '-e',
    'HTTP_PROXY=told',
    'web',
    'sh',
    '-c',
    'echo $HTTP_PROXY $http_proxy',
  )
  assert.equal(once, 'told http://other.test\n')
  assert.match(await s.ok('build', '--print'), /"http_proxy": "http:\/\/other.test"/)
})

test('detachKeys: they leave what is at the terminal alone', async t => {
  const { s } = await user(t, { detachKeys: 'ctrl-x,x' })
  await using _ = s
  await s.ok('up', '-d')
  for (const words of [
    ['exec', 'web', 'cat'],
    ['run', '--name', 'left', 'web', 'cat'],
  ]) {
    const terminal = onTerminal(s, ...words)
    t.after(() => terminal.hangUp())
    await eventually(async () => terminal.isRaw(), 'the terminal')
    terminal.type('\x10\x11still\r')
    await eventually(async () => /still[\s\S]*still/.test(terminal.output()), 'what the default keys would have left')
    terminal.type('\x18x')
    assert.equal(await terminal.ended, 1)
    assert.match(terminal.output(), /read escape sequence/)
  }
  assert.match(await s.ok('ps', '-a'), /\bleft\b.* Up /)
  await s.ok('down', '--remove-orphans', '-t', '0')
})

test('HttpHeaders: every request to an engine has them', async t => {
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers['x-team'])
    response.writeHead(503).end('{"message": "not now"}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo
  const { s } = await user(t, { HttpHeaders: { 'X-Team': 'blue', 'User-Agent': 'other', 'no name': 'x' } })
  await using _ = s
  const { code, stderr } = await s.cli('-H', `tcp://127.0.0.1:${port}`, 'ls')
  assert.equal(code, 1)
  assert.match(stderr, /HttpHeaders of docker's config.json: .*no name/)
  assert.deepEqual(seen, ['blue'])
})

test('statsFormat: what stats shows where the line names no format', async t => {
  const { s } = await user(t, { statsFormat: '{{.Name}}!' })
  await using _ = s
  await s.ok('up', '-d')
  const name = `${s.env.COMPOSE_PROJECT_NAME}-web-1`
  assert.equal(await s.ok('stats', '--no-stream'), `${name}!\n`)
  assert.match(await s.ok('stats', '--no-stream', '--format', 'table'), /^CONTAINER ID /)
  await s.ok('down', '-t', '0')
})

test('a file that is none is told, and commands go on', async t => {
  const { s, write } = await user(t, {})
  await using _ = s
  write('broken')
  const { code, stderr } = await s.cli('ls')
  assert.equal(code, 0)
  assert.match(stderr, /Error loading config file: .*config.json is not a configuration of docker/)
})
