import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, stack } from './stack.ts'

test('a stack must come up in order, survive its engine, change nothing when nothing changed, and leave nothing', async t => {
  await using s = await stack(t, 'up-down')
  await s.ok('up', '-d')
  const states = async () =>
    (await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}} {{.ExitCode}}')).trim().split('\n')
  assert.deepEqual(await states(), ['db running 0', 'migrate exited 0', 'web running 0'])
  assert.equal(await s.ok('exec', '-T', 'web', 'cat', '/data/schema'), 'migrated\n')
  assert.equal((await s.cli('exec', '-T', 'web', 'sh', '-c', 'exit 42')).code, 42)
  assert.notEqual((await s.cli('exec', '-T', 'web', 'touch', '/data/no')).code, 0)
  assert.equal(await s.ok('logs', 'db'), 'db-1  | db speaks\n')

  const ids = await s.ok('ps', '-q')
  const again = await s.cli('up', '-d', 'db')
  assert.match(again.stderr, /^ Container \S+-db-1 Running \n$/)
  process.kill(s.enginePid(), 'SIGKILL')
  assert.equal(await s.ok('ps', '-q'), ids)
  assert.equal(await s.ok('logs', 'db'), 'db-1  | db speaks\n')

  await s.ok('stop', '-t', '1', 'web')
  await eventually(async () => (await states()).includes('web exited 143'), 'the end of web')
  await s.ok('start', 'web')
  assert.ok((await states()).includes('web running 0'))
  await s.ok('down', '-v', '-t', '1')
  assert.equal(await s.ok('ps', '-a', '-q'), '')
  assert.equal(await s.ok('ls', '-a', '-q'), '')
})

test('a dependency that fails must fail up, name itself, show its last words and start nothing after it', async t => {
  await using s = await stack(t, 'failed-dependency')
  const up = await s.cli('up', '-d')
  assert.equal(up.code, 1)
  assert.match(up.stderr, /Container \S+-job-1 Error service "job" didn't complete successfully: exit 7\n/)
  assert.match(up.stderr, /wrote last.*\n {4}no schema here\n {2}not started because of it: web\n$/)
  const json = (await s.cli('--progress', 'json', 'up', '-d')).stderr.trim().split('\n').at(-1) ?? ''
  const { container, ...details } = JSON.parse(json).details
  assert.match(container, /-job-1$/)
  assert.deepEqual(details, { service: 'job', exitCode: 7, log: ['no schema here'], notStarted: ['web'] })
  assert.equal(await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}}'), 'job exited\nweb created\n')
  await s.ok('down')
})
