// What --dry-run says of commands that make no plan, and what --all-resources makes.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { busyboxTar } from '../busybox.ts'
import { stack } from './stack.ts'

test('with --dry-run a command at a container must say what it would do and where, and do nothing', async t => {
  await using s = await stack(t, 'rehearsed')
  const name = `${s.env.COMPOSE_PROJECT_NAME}-web-1`
  const missing = await s.cli('--dry-run', 'exec', 'web', 'true')
  assert.deepEqual([missing.code, missing.stderr], [1, 'service "web" is not running\n'])
  const rules = `watch ${s.cwd}/src for web: sync+restart to /srv\nwatch ${s.cwd}/src for web: restart\n`
  assert.equal(
    await s.ok('--dry-run', 'watch'),
    `0 create container ${name} (no container)\n1 start container ${name} (not running) after 0\n${rules}`,
  )
  assert.equal(await s.ok('--dry-run', 'watch', '--no-up'), rules)
  assert.equal(await s.ok('ps', '-aq'), '')
  await s.ok('up', '-d')
  assert.equal(await s.ok('exec', '--dry-run', 'web', 'touch', '/made'), `run touch /made in container ${name}\n`)
  assert.equal((await s.cli('exec', '-T', 'web', 'test', '-e', '/made')).code, 1)
  assert.equal(await s.ok('--dry-run', 'attach', 'web'), `attach to container ${name}\n`)
  await s.ok('down', '-t', '0')
})

test('with --dry-run what is one step must be said, and nothing be removed, written, stopped or kept', async t => {
  await using s = await stack(t, 'rehearsed')
  const folder = mkdtempSync(join(tmpdir(), 'tsc-rehearsed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file')
  s.env.DOCKER_CONFIG = folder
  const pid = s.enginePid()
  for (const [words, said] of [
    [['image', 'rm', 'busybox'], 'remove image busybox'],
    [['image', 'prune', '-a'], 'remove all images without at least one container associated to them'],
    [['image', 'tag', 'busybox', 'other'], 'tag image busybox as other'],
    [['image', 'save', '-o', file, 'busybox'], `save busybox to ${file}`],
    [['image', 'load', '-i', busyboxTar()], `load images from ${busyboxTar()}`],
    [['image', 'pull', 'busybox'], 'pull image docker.io/library/busybox:latest'],
    [['image', 'push', '-a', 'r.test/x'], 'push image r.test/x'],
    [['image', 'import', busyboxTar(), 'x:1'], `import ${busyboxTar()} as image x:1`],
    [['config', '-o', file], `write ${file}`],
    [['login', '-u', 'me', '-p', 'secret', 'registry.invalid'], 'log in to registry.invalid'],
    [['logout'], 'log out from docker.io'],
    [['engine', 'prune', '--all'], 'remove the build cache and images that no container uses'],
    [['engine', 'stop'], 'stop the engine and all containers'],
  ] as const)
    assert.equal(await s.ok('--dry-run', ...words), `${said}\n`)
  assert.equal((await s.cli('--dry-run', 'image', 'rm', 'nothing')).code, 1)
  assert.deepEqual(readdirSync(folder), [])
  assert.match(await s.ok('image', 'ls'), /^REPOSITORY .*\nbusybox .*\n$/)
  assert.equal(s.enginePid(), pid)
})

test('--all-resources must make what no service uses, and down takes it away', async t => {
  await using s = await stack(t, 'rehearsed')
  const project = s.env.COMPOSE_PROJECT_NAME
  const made = (stderr: string) => [...stderr.matchAll(/^ (Network|Volume) \S+_(\S+) Created $/gm)].map(one => one[1])
  assert.deepEqual(made((await s.cli('up', '-d')).stderr), [])
  assert.deepEqual(made((await s.cli('--all-resources', 'up', '-d')).stderr).sort(), ['Network', 'Volume'])
  assert.equal(await s.ok('--all-resources', 'volumes', '-q'), `${project}_unused\n`)
  const down = await s.cli('--all-resources', 'down', '-v', '-t', '0')
  assert.match(down.stderr, new RegExp(`^ Network ${project}_unused Removed $`, 'm'))
  assert.match(down.stderr, new RegExp(`^ Volume ${project}_unused Removed $`, 'm'))
})
