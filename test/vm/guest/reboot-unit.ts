// After the next power cut, with the unit's program started at boot as its lines say, and no command.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { processesOf, until } from '../../engine/engine-process.ts'
import { ok, openEngine, roots, served, states } from './commands.ts'

test('after a power cut the unit brings back what is to run, without any command', async () => {
  const answered = () =>
    served().then(
      text => text === 'served\n',
      () => false,
    )
  await until(answered, 'an answer of the service', 60_000)
  const docker = openEngine()
  await until(
    () =>
      docker.ping().then(
        () => true,
        () => false,
      ),
    'an answer of the engine',
  )
  assert.deepEqual(
    (await states(docker)).filter(state => !state.endsWith(' Up')),
    ['never Exited (255)'],
  )
  docker.close()
  const pid = readFileSync(roots.pidPath, 'utf8')
  assert.equal(readFileSync('/run/unit.pid', 'utf8').trim(), pid, 'the unit holds the engine')
})

test('down and uninstall leave nothing', async () => {
  await ok('down', '-v')
  const docker = openEngine()
  assert.deepEqual(await docker.listContainers({ all: true }), [])
  docker.close()
  assert.match(await ok('engine', 'uninstall'), /^Removed \/etc\/systemd\/system\/tsc-compose-/)
  assert.deepEqual(readdirSync('/etc/systemd/system/multi-user.target.wants'), [])
  await ok('engine', 'stop')
  assert.ok(!existsSync(roots.socketPath))
  await until(() => processesOf(roots.dataRoot).length === 0, `the end of ${processesOf(roots.dataRoot)}`)
})
