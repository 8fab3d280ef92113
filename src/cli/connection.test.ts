import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openEmbedded, openEngine } from './connection.ts'
import type { Globals } from './globals.ts'

const folder = mkdtempSync(join(tmpdir(), 'connection-'))
const path = join(folder, 'docker.sock')
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  response.setHeader('Api-Version', '1.43').end('OK')
})
const none: Globals = { files: [], envFiles: [], profiles: [], insecureRegistries: [] }
const named = process.env.DOCKER_HOST

before(() => new Promise<void>(resolve => server.listen(path, resolve)))
after(() => {
  if (named === undefined) delete process.env.DOCKER_HOST
  else process.env.DOCKER_HOST = named
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

test('an engine that is named is asked for its version first', async () => {
  const docker = await openEngine({ ...none, host: `unix://${path}` })
  await docker.info().catch(() => {})
  docker.close()
  assert.deepEqual(asked.splice(0), ['/_ping', '/v1.43/info'])
})

test('the flag wins over DOCKER_HOST', async () => {
  process.env.DOCKER_HOST = `unix://${folder}/none.sock`
  const docker = await openEngine({ ...none, host: `unix://${path}` })
  docker.close()
  await assert.rejects(openEngine(none), {
    code: 'unavailable',
    message: `Cannot connect to the Docker daemon at unix://${folder}/none.sock. Is the docker daemon running?`,
  })
})

test('an engine that was not built is told as such', async () => {
  // The bundle lies beside the CLI's, not beside this source.
  await assert.rejects(openEmbedded(), { code: 'failed_precondition', hint: 'npm run build' })
})
