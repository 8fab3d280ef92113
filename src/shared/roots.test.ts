import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineRoots } from './roots.ts'

test('root has the system folders, a user those of XDG', () => {
  assert.deepEqual(engineRoots({}, 0), {
    dataRoot: '/var/lib/tsc-compose',
    runRoot: '/run/tsc-compose',
    socketPath: '/run/tsc-compose/engine.sock',
    pidPath: '/run/tsc-compose/engine.pid',
  })
  const user = engineRoots({ HOME: '/home/u' }, 1000)
  assert.equal(user.dataRoot, '/home/u/.local/share/tsc-compose')
  assert.equal(user.socketPath, '/run/user/1000/tsc-compose/engine.sock')
  assert.equal(engineRoots({ XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/r' }, 1000).runRoot, '/r/tsc-compose')
})

test('TSC_COMPOSE_ROOT moves both, and a long one keeps the socket short', () => {
  assert.equal(engineRoots({ TSC_COMPOSE_ROOT: '/tmp/a' }, 0).socketPath, '/tmp/a/run/engine.sock')
  const long = engineRoots({ TSC_COMPOSE_ROOT: `/tmp/${'x'.repeat(90)}` }, 0)
  assert.match(long.socketPath, /^\/run\/tsc-compose-[0-9a-f]{12}\/engine\.sock$/)
  assert.match(long.dataRoot, /^\/tmp\/x+$/)
})
