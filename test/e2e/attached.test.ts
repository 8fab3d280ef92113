import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { started } from './background.ts'
import { eventually, stack } from './stack.ts'
import { onTerminal } from './terminal.ts'
import { projectTraces } from './traces.ts'

test('attached up must stop gracefully at the first Ctrl-C and kill at the second', async t => {
  await using s = await stack(t, 'attached')
  const up = onTerminal(s, 'up')
  t.after(() => t.passed || t.diagnostic(up.output()))
  await eventually(async () => /polite-1 .*\| .*polite speaks/.test(up.output()), 'polite speaks')
  await eventually(async () => /stubborn-1 .*\| .*stubborn speaks/.test(up.output()), 'stubborn speaks')
  up.type('\x03')
  await eventually(async () => /bye/.test(up.output()) && /not yet/.test(up.output()), 'words on SIGTERM')
  assert.match(up.output(), /Gracefully Stopping/)
  await eventually(async () => /polite-1 .*exited with code 0/.test(up.output()), 'the end of polite')
  assert.equal(await s.ok('ps', '--services'), 'stubborn\n')
  up.type('\x03')
  assert.equal(await up.ended, 130)
  const states = await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}} {{.ExitCode}}')
  assert.equal(states, 'polite exited 0\nstubborn exited 137\n')
  await s.ok('down')
  assert.deepEqual(projectTraces(s.root), [])
})

test('a Ctrl-C that ends the reader of the output too must still stop what up has started', async t => {
  await using s = await stack(t, 'attached')
  const up = started(s, 'up', 'polite')
  await eventually(async () => /polite speaks/.test(up.output()), 'polite speaks')
  // As in `up | tee log`: what is said while it stops reaches nobody.
  up.leave()
  up.kill('SIGINT')
  assert.equal(await up.ended, 130)
  assert.equal(await s.ok('ps', '-a', '--format', '{{.Service}} {{.State}} {{.ExitCode}}'), 'polite exited 0\n')
  const down = started(s, 'down')
  down.leave()
  assert.equal(await down.ended, 0)
  assert.deepEqual(projectTraces(s.root), [])
})

test('an attached up whose reader has gone must end, and leave what runs as it is', async t => {
  await using s = await stack(t, 'chatty')
  const up = started(s, 'up')
  await eventually(async () => /on and on/.test(up.output()), 'a line')
  up.leave()
  assert.equal(await up.ended, 141)
  assert.equal(await s.ok('ps', '--format', '{{.Service}} {{.State}}'), 'chatty running\n')
  await s.ok('down')
  assert.deepEqual(projectTraces(s.root), [])
})

test('a log that nobody can read must be named, and hide neither its service ending nor the other logs', async t => {
  await using s = await stack(t, 'mute')
  for (const verb of ['up', 'logs']) {
    const { stdout, stderr, code } = await s.cli(verb, '--no-color')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^loud-1 +\| heard$/m)
    assert.match(stderr, /Can't retrieve logs for \S+mute-1.*: .*logging driver does not support reading/)
    if (verb === 'up') assert.match(stdout, /mute-1 exited with code 0/)
  }
  await s.ok('down')
  assert.deepEqual(projectTraces(s.root), [])
})

test('on a terminal a failed up must tick off what is done, and nothing else', async t => {
  await using s = await stack(t, 'failed-dependency')
  const up = onTerminal(s, 'up', '-d')
  t.after(() => t.passed || t.diagnostic(up.output()))
  assert.equal(await up.ended, 1)
  const rows = stripVTControlCharacters(up.output())
  assert.match(rows, /✔ Network \S+_default Created/)
  assert.match(rows, /✖ Container \S+-job-1 Error/)
  assert.match(rows, /↓ Container \S+-web-1 Created/)
  assert.doesNotMatch(rows, /✔ Container \S+-(job|web)-1/)
  await s.ok('down')
  assert.deepEqual(projectTraces(s.root), [])
})
