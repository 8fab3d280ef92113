import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { relaySocket } from './relay-socket.ts'

test('what is said to a relay is said to its target, and the answer comes back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-relay-'))
  const server = createServer(asker => asker.once('data', chunk => asker.end(`heard ${chunk}`)))
  try {
    // A path that is longer than a socket's address may be.
    const far = join(folder, 'x'.repeat(100))
    mkdirSync(far)
    const target = join(folder, 'target')
    await new Promise<void>(resolve => server.listen(target, resolve))
    const path = join(far, 's')
    const owner = { mode: 0o640, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    const relay = await relaySocket(target, path, owner)
    assert.equal(statSync(path).mode & 0o777, 0o640)
    process.chdir(far)
    const client = connect('s')
    client.write('this')
    assert.equal(await text(client), 'heard this')
    relay.close()
    assert.equal(existsSync(path), false)
  } finally {
    process.chdir('/')
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
