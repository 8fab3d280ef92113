// After the power went: one command starts the engine, and finds what Docker Engine would have brought back.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { processesOf, until } from '../../engine/engine-process.ts'
import { inside, ok, openEngine, roots, served } from './commands.ts'

const docker = openEngine()

test('after a power cut one command brings back what is to run, and tells the truth of the rest', async () => {
  assert.deepEqual(processesOf(roots.dataRoot), [], 'no engine before the command')
  assert.ok(existsSync(join(roots.runRoot, 'of-this-boot')), 'what the other boot left')
  const shown = await ok('ps', '-a', '--format', '{{.Service}} {{.State}} {{.ExitCode}}')
  assert.deepEqual(shown.trim().split('\n').sort(), [
    'always running 0',
    'beside running 0',
    'never exited 255',
    'on-failure running 0',
    'stopped-always running 0',
    'stopped-unless-stopped exited 137',
    'unless-stopped running 0',
  ])
  assert.ok(!existsSync(join(roots.runRoot, 'of-this-boot')))
})

test('what came back has its port, its names, its volumes, its health, and no restart counted', async () => {
  assert.equal(await served(), 'served\n')
  assert.equal(await inside(docker, 'on-failure', 'wget -q -O- http://always/'), 'served\n')
  assert.equal(await inside(docker, 'beside', 'wget -q -O- http://127.0.0.1/'), 'served\n')
  // A file system in memory is made anew, and is what the volume's options say.
  assert.match(
    await inside(docker, 'always', 'cat /files/note; ls /memory; grep " /memory " /proc/mounts'),
    /^kept\ntmpfs .*size=1024k/,
  )
  const container = docker.getContainer('reboot-always-1')
  await until(async () => (await container.inspect()).State?.Health?.Status === 'healthy', 'a healthy container')
  assert.equal((await container.inspect()).RestartCount, 0)
})

test('start and stop are remembered, and install has it all come by itself', async () => {
  await docker.getContainer('reboot-stopped-unless-stopped-1').start()
  await docker.getContainer('reboot-stopped-always-1').stop()
  assert.match(await ok('engine', 'install'), /^Wrote \/etc\/systemd\/system\/tsc-compose-/)
  assert.equal(readdirSync('/etc/systemd/system/multi-user.target.wants').length, 1)
  docker.close()
})
