import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { ComposeError } from '../../shared/errors.ts'
import { frame, frames } from '../protocol/frames.ts'
import { followProgress } from '../protocol/json-lines.ts'
import { Docker } from './docker.ts'

async function serve(listener: RequestListener, onUpgrade?: (socket: Duplex) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  const path = join(folder, 's.sock')
  const server = createServer(listener)
  if (onUpgrade) server.on('upgrade', (_request, socket) => onUpgrade(socket))
  await new Promise<void>(resolve => server.listen(path, resolve))
  const docker = new Docker({ kind: 'unix', path })
  return {
    docker,
    path,
    async [Symbol.asyncDispose]() {
      docker.close()
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

test('agrees on the older API version and then prefixes every path', async () => {
  const paths: string[] = []
  await using engine = await serve((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    response
      .setHeader('Api-Version', '1.45')
      .setHeader('Server', 'x/1')
      .setHeader('X-Extensions', 'ports,logs')
      .end('[]')
  })
  assert.deepEqual(await engine.docker.negotiate(), {
    apiVersion: '1.45',
    server: 'x/1',
    extensions: ['ports', 'logs'],
  })
  assert.ok(engine.docker.hasExtension('logs') && !engine.docker.hasExtension('status'))
  await engine.docker.listContainers({ all: true, filters: { label: ['a=b'] } })
  assert.deepEqual(paths, [
    'GET /_ping',
    'GET /v1.45/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D',
  ])
})

test("the caller's headers go with every request, and replace none of its own", async () => {
  const seen: unknown[] = []
  await using engine = await serve((request, response) => {
    seen.push([request.headers['x-own'], request.headers.host])
    response.end('{}')
  })
  const docker = new Docker({ kind: 'unix', path: engine.path }, { headers: { 'X-Own': 'yes', Host: 'other' } })
  await docker.info()
  docker.close()
  assert.deepEqual(seen, [['yes', 'docker']])
})

test('an engine behind TLS is taken for who its certificate says, and nobody else is', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'client-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, crt] = ['key', 'crt'].map(name => join(folder, name))
  assert.ok(key && crt)
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', crt, ...names], { stdio: 'ignore' })
  const ca = readFileSync(crt, 'utf8')
  const hosts: unknown[] = []
  const server = createTlsServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    hosts.push(request.headers.host)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo
  const ask = async (host: string) => {
    const docker = new Docker({ kind: 'tcp', host, port, tls: { ca, verify: true } })
    try {
      await docker.info()
    } finally {
      docker.close()
    }
  }
  await ask('127.0.0.1')
  assert.deepEqual(hosts, [`127.0.0.1:${port}`])
  await assert.rejects(ask('localhost'), /altnames/)
})

test("keeps the engine's text and class of an error, and takes 304 as done", async () => {
  await using engine = await serve((request, response) => {
    response.statusCode = request.url?.endsWith('/start') ? 304 : 404
    response.end(response.statusCode === 304 ? '' : '{"message":"No such container: x"}')
  })
  await engine.docker.getContainer('x').start()
  await assert.rejects(engine.docker.getContainer('x').inspect(), {
    code: 'not_found',
    message: 'No such container: x',
  })
})

test('a call that is aborted says canceled, an engine that is not there unavailable', async () => {
  await using engine = await serve(() => {})
  await assert.rejects(engine.docker.info({ abortSignal: AbortSignal.timeout(20) }), { code: 'canceled' })
  const nobody = new Docker({ kind: 'unix', path: '/nonexistent/docker.sock' })
  await assert.rejects(nobody.info(), (error: unknown) => {
    assert.ok(error instanceof ComposeError)
    assert.equal(error.code, 'unavailable')
    assert.match(error.message, /unix:\/\/\/nonexistent\/docker\.sock/)
    return true
  })
})

test('ending a hijacked stream leaves its other half open', async () => {
  await using engine = await serve(
    () => {},
    socket => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
      let stdin = ''
      socket.on('data', chunk => {
        stdin += chunk
      })
      socket.on('end', () => {
        socket.write(frame('stdout', Buffer.from(stdin.toUpperCase())))
        socket.end(frame('stderr', Buffer.from('done')))
      })
    },
  )
  const stream = await engine.docker.getExec('e').start()
  stream.end('hello')
  const seen: string[] = []
  for await (const { stream: name, data } of frames(stream)) seen.push(`${name} ${data}`)
  assert.deepEqual(seen, ['stdout HELLO', 'stderr done'])
})

test('an error inside a progress stream is thrown', async () => {
  await using engine = await serve((request, response) => {
    assert.equal(request.url, '/images/create?fromImage=nope%3Alatest')
    response.write('{"status":"Pulling"}\r\n{"err')
    response.end('or":"manifest unknown"}\r\n')
  })
  const seen: unknown[] = []
  const pull = await engine.docker.pull('nope')
  await assert.rejects(
    followProgress(pull, progress => seen.push(progress)),
    { code: 'not_found', message: 'manifest unknown' },
  )
  assert.deepEqual(seen, [{ status: 'Pulling' }])
})

test('speaks through ssh, and tells what ssh said when it fails', async () => {
  const tcp = createServer((_request, response) => response.end('{"ServerVersion":"far"}'))
  await new Promise<void>(resolve => tcp.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has an address object.
  const { port } = tcp.address() as AddressInfo
  const folder = mkdtempSync(join(tmpdir(), 'ssh-'))
  const relay = `const s = require('net').connect(${port}, '127.0.0.1'); process.stdin.pipe(s); s.pipe(process.stdout)`
  writeFileSync(
    join(folder, 'ssh'),
    `#!/bin/sh\ncase "$*" in *bad*) echo no route >&2; exit 255;; esac\nexec ${process.execPath} -e "${relay}"\n`,
    { mode: 0o755 },
  )
  const path = process.env.PATH
  process.env.PATH = `${folder}:${path}`
  try {
    const docker = new Docker({ kind: 'ssh', host: 'good', user: 'me' })
    assert.equal((await docker.info()).ServerVersion, 'far')
    docker.close()
    await assert.rejects(new Docker({ kind: 'ssh', host: 'bad' }).info(), {
      message: 'ssh to bad ended with 255: no route',
    })
  } finally {
    process.env.PATH = path
    tcp.closeAllConnections()
    tcp.close()
    rmSync(folder, { recursive: true })
  }
})
