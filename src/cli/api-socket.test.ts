import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testProject, testService } from '../../test/test-project.ts'
import { withApiSocket } from './api-socket.ts'

const project = testProject([
  testService('a', { useApiSocket: true, environment: { DOCKER_CONFIG: '/mine' } }),
  testService('b'),
])

test('only who asks for it has the socket; its hash and a DOCKER_CONFIG of its own stay', async () => {
  const { services } = await withApiSocket(project, { kind: 'unix', path: '/run/engine.sock' })
  assert.deepEqual(
    services.a?.volumes.map(({ source, target }) => [source, target]),
    [['/run/engine.sock', '/var/run/docker.sock']],
  )
  assert.deepEqual(services.a?.environment, { DOCKER_CONFIG: '/mine' })
  assert.equal(services.a?.configHash, 'hash-a')
  assert.equal(services.b, project.services.b)
})

test('an engine that is somewhere else has no socket to give', async () => {
  await assert.rejects(withApiSocket(project, { kind: 'tcp', host: 'far', port: 2375 }), {
    message: 'use_api_socket can only be used with unix sockets: docker endpoint tcp://far:2375 is incompatible',
    path: 'services.a.use_api_socket',
  })
  const without = testProject([testService('b')])
  assert.equal(await withApiSocket(without, { kind: 'tcp', host: 'far', port: 2375 }), without)
})
