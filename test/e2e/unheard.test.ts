// Stops whose signal nobody hears.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, stack } from './stack.ts'

test('a program without a handler must be told about, with what would help', async t => {
  await using s = await stack(t, 'unheard')
  await s.ok('up', '-d')
  const { stderr, code } = await s.cli('stop', 'deaf')
  assert.equal(code, 0)
  assert.match(stderr, /-deaf-1 has no handler for SIGTERM, .* \\"init: true\\" in services\.deaf/)
  const down = await s.cli('down', '-t', '0')
  assert.doesNotMatch(down.stderr, /no handler/)
})

test('a signal that came too early must reach the handler that is there later', async t => {
  await using s = await stack(t, 'unheard')
  await s.ok('up', '-d', 'late')
  const stopping = s.cli('stop', 'late')
  await eventually(
    async () => /container kill/.test(await s.ok('events', '--since', '5m', '--until', '0s')),
    'the signal that nobody hears',
  )
  await s.ok('exec', '-T', 'late', 'touch', '/go')
  const { stderr, code } = await stopping
  assert.equal(code, 0)
  assert.doesNotMatch(stderr, /no handler/)
  assert.equal(await s.ok('ps', '-a', '--format', '{{.State}} {{.ExitCode}}'), 'exited 3\n')
  await s.ok('down')
})
