// What --dry-run says of commands that make no plan, and what --all-resources makes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
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
