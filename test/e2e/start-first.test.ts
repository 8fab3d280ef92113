// New releases of services that are to go on serving meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stack } from './stack.ts'

test('with start-first the new container must be ready before the old one stops, and take its name and volumes', async t => {
  await using s = await stack(t, 'start-first')
  const ids = async () => (await s.ok('ps', '--format', '{{.Name}} {{.ID}}', 'web')).trim().split('\n').sort()
  await s.ok('up', '-d')
  const before = await ids()
  await s.ok('exec', '-T', '--index', '2', 'web', 'touch', '/kept/file')
  s.env.RELEASE = '2'
  const plan = await s.ok('--dry-run', 'up', '-d')
  assert.match(plan, /exchange container \S+-web-1 \(configuration changed, start-first\)/)
  await s.ok('up', '-d')
  const after = await ids()
  assert.deepEqual(
    after.map(line => line.split(' ')[0]),
    before.map(line => line.split(' ')[0]),
  )
  assert.equal(
    after.some(line => before.includes(line)),
    false,
  )
  await s.ok('exec', '-T', '--index', '2', 'web', 'test', '-e', '/kept/file')
  assert.equal(await s.ok('logs', '--no-log-prefix', '--index', '1', 'web'), 'release 2\n')
  const history = (...flags: string[]) => s.ok('logs', '--no-log-prefix', '--history', '--index', '1', ...flags, 'web')
  assert.equal(await history(), 'release 1\nrelease 2\n')
  assert.equal(await history('-n', '1'), 'release 2\n')
  const events = (await s.ok('events', '--json', '--since', '10m', '--until', '0s', 'web'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string; action: string })
  for (const [index, line] of after.entries()) {
    const [fresh = '', old = ''] = [line, before[index] ?? ''].map(one => one.split(' ')[1] ?? '')
    const at = (id: string, action: RegExp) => events.findIndex(one => one.id.startsWith(id) && action.test(one.action))
    assert.ok(at(fresh, /^health_status: healthy/) >= 0)
    assert.ok(at(fresh, /^health_status: healthy/) < at(old, /^die/), line)
  }

  Object.assign(s.env, { RELEASE: '3', BROKEN: 'yes' })
  const failed = await s.cli('up', '-d')
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /container \S+-web-1 is unhealthy/)
  assert.deepEqual(await ids(), after)
  assert.equal(await s.ok('ps', '-aq', 'web').then(text => text.trim().split('\n').length), 2)
  await s.ok('down', '-v', '-t', '0')
})
