// What the next up, --wait and down see beyond what Docker Compose sees.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test('a changed config or secret must reach its container, and the plan say so', async t => {
  await using s = await stack(t, 'changes', { KEY: 'a' })
  const inside = () => s.ok('exec', '-T', 'web', 'cat', '/site', '/run/secrets/key')
  const up = async (own: NodeJS.ProcessEnv) => {
    Object.assign(s.env, own)
    const plan = await s.ok('--dry-run', 'up', '-d', 'web')
    await s.ok('up', '-d', 'web')
    return plan
  }
  await up({})
  assert.equal(await inside(), 'onea')
  const id = await s.ok('ps', '-q', 'web')
  await up({})
  assert.equal(await s.ok('ps', '-q', 'web'), id)
  assert.match(await up({ KEY: 'b' }), /recreate container \S+-web-1 \(secret key changed\)/)
  assert.equal(await inside(), 'oneb')
  assert.match(await up({ SITE: 'two' }), /recreate container \S+-web-1 \(/)
  assert.equal(await inside(), 'twob')
  await s.ok('down', '-t', '0')
})

test('--wait must take a one-shot that ended well for ready, and one that failed for a failure', async t => {
  await using s = await stack(t, 'changes', { KEY: 'a' })
  await s.ok('up', '--wait')
  assert.equal(await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}}'), 'job exited\nweb running\n')
  // docker's own file has a format for it.
  writeFileSync(join(s.root, 'config.json'), '{"psFormat": "{{.Service}}!"}')
  s.env.DOCKER_CONFIG = s.root
  assert.equal(await s.ok('ps', '-a'), 'job!\nweb!\n')
  await s.ok('down', '-t', '0')
})

test('--wait must not wait for an interval, and x-early-probes say that it should', async t => {
  await using s = await stack(t, 'changes', { KEY: 'a' })
  await s.ok('up', '--wait', 'slow')
  assert.match(await s.ok('ps', '--format', '{{.Service}} {{.Status}}'), /^slow Up .*\(healthy\)/)
  await s.ok('down', '--all', '-t', '0')
  s.env.EARLY = 'maybe'
  const { code, stderr } = await s.cli('up', '-d', 'slow')
  assert.equal(code, 1)
  assert.match(stderr, /services\.slow\.healthcheck\.x-early-probes must be true or false, not "maybe"/)
})

test('down must name who keeps a network, and take every profile with --all', async t => {
  await using s = await stack(t, 'changes', { KEY: 'a' })
  await s.ok('--profile', 'tools', 'up', '-d')
  const { stderr, code } = await s.cli('down', '-t', '0')
  assert.equal(code, 0)
  assert.match(stderr, /Network \S+_default stays: it is used by \S+-tools-1/)
  assert.equal(await s.ok('ps', '-a', '--format', '{{.Service}}', '--orphans'), 'tools\n')
  await s.ok('down', '--all', '-t', '0')
  assert.deepEqual(projectTraces(s.root), [])
})

test('what a container wrote is readable after it was made anew, with logs --history, until down', async t => {
  await using s = await stack(t, 'history', { WORD: 'first' })
  const wrote = async (word: string, ...flags: string[]) =>
    eventually(async () => (await s.cli('logs', '--no-log-prefix', ...flags)).stdout.endsWith(`${word}\n`), word)
  const history = () => s.ok('logs', '--no-log-prefix', '--history')
  for (const word of ['first', 'second', 'third']) {
    s.env.WORD = word
    await s.ok('up', '-d')
    await wrote(word)
  }
  assert.equal(await s.ok('logs', '--no-log-prefix'), 'third\n')
  assert.equal(await history(), 'first\nsecond\nthird\n')
  assert.equal(await s.ok('logs', '--no-log-prefix', '--history', '-n', '2'), 'second\nthird\n')
  assert.equal(await s.ok('logs', '--no-log-prefix', '-n', '2'), 'third\n')
  // A restart is another run of the same container: it was always there.
  await s.ok('restart', '-t', '0')
  await wrote('third\nthird')
  assert.equal(await history(), 'first\nsecond\nthird\nthird\n')
  await s.ok('down', '-t', '0')
  await s.ok('up', '-d')
  await wrote('third')
  assert.equal(await history(), 'third\n')
})
