// What comes of a URL: the bytes as they were sent, and an end of waiting.
import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openUrl } from './open-url.ts'

async function serve(answer: http.RequestListener) {
  const server = http.createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    // A server that listens on a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/f`,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('what is sent with an encoding stays encoded, and none is asked for', async () => {
  const packed = gzipSync('content')
  const asked: (string | undefined)[] = []
  using server = await serve(({ headers }, response) => {
    asked.push(headers['accept-encoding'])
    response.writeHead(200, { 'content-encoding': 'gzip', 'last-modified': 'then' }).end(packed)
  })
  const { body, headers } = await openUrl(server.url, { env: {} })
  assert.deepEqual(await bytesOf(body), packed)
  assert.equal(headers['last-modified'], 'then')
  assert.deepEqual(asked, ['identity'])
})

test('a server that says nothing more is not waited for', async () => {
  using silent = await serve(() => {})
  await assert.rejects(openUrl(silent.url, { env: {}, patience: 100 }), /Get "http.*\/f": no byte came for 0.1 s/)
  using stopped = await serve((_, response) => response.writeHead(200, { 'content-length': '10' }).write('half'))
  const { body } = await openUrl(stopped.url, { env: {}, patience: 100 })
  await assert.rejects(bytesOf(body), /aborted/)
})

test('what is longer than its limit is refused by name, whether the server tells or not', async () => {
  using telling = await serve((_, response) => response.writeHead(200, { 'content-length': 30 * 1024 ** 3 }).write('x'))
  await assert.rejects(openUrl(telling.url, { env: {} }), /http:.*\/f has more than 16GiB/)
  using endless = await serve((_, response) => {
    const write = () => {
      while (response.write(Buffer.alloc(65536)));
    }
    response.writeHead(200).on('drain', write)
    write()
  })
  const { body } = await openUrl(endless.url, { env: {}, limit: 1 << 20 })
  await assert.rejects(bytesOf(body), /http:.*\/f has more than 1MiB/)
})
