// An upload that was cut goes on where the registry says. The server here is a registry's upload as the specification
// has it: Debian's docker-registry begins anew after a cut.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { parseReference } from '../shared/image-reference.ts'
import { openRegistry } from './registry.ts'

/** Keeps what came before a connection ended; ends the first after `cutAt` bytes. */
async function uploadServer(cutAt: number) {
  let kept = Buffer.alloc(0)
  let done = ''
  const ranges: string[] = []
  const location = '/v2/x/blobs/uploads/1?state=a'
  const server = http.createServer((request, response) => {
    request.on('error', () => {})
    const answer = (status: number, headers = {}) => response.writeHead(status, headers).end()
    if (request.method === 'HEAD') answer(404)
    if (request.method === 'POST') answer(202, { location })
    if (request.method === 'GET') answer(204, { location, range: `0-${kept.length - 1}` })
    if (request.method === 'PUT') {
      done = new URL(request.url ?? '', 'http://x').searchParams.get('digest') ?? ''
      answer(201)
    }
    if (request.method === 'PATCH') {
      ranges.push(String(request.headers['content-range']))
      const limit = ranges.length === 1 ? cutAt : Number.POSITIVE_INFINITY
      request.on('data', (chunk: Buffer) => {
        kept = Buffer.concat([kept, chunk.subarray(0, limit - kept.length)])
        if (kept.length >= limit) request.destroy()
      })
      request.on('end', () => answer(202, { location, range: `0-${kept.length - 1}` }))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    // A server that listens on a port.
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges,
    result: () => ({ kept, done }),
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('an upload that was cut goes on where it ended', async () => {
  using server = await uploadServer(700_000)
  const bytes = randomBytes(2_000_000)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const registry = openRegistry(parseReference(`${server.host}/x`), { action: 'push', env: {} })
  const read = async function* (start: number, end: number) {
    yield bytes.subarray(start, end)
  }
  assert.deepEqual(await registry.putBlob({ digest, size: bytes.length, read }), { kind: 'sent' })
  registry.close()
  assert.deepEqual(server.ranges, ['0-1999999', '700000-1999999'])
  const { kept, done } = server.result()
  assert.equal(done, digest)
  assert.ok(kept.equals(bytes))
})
