import assert from 'node:assert/strict'
import { test } from 'node:test'
import { started } from './background.ts'
import { eventually, stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test('attached up must show each life of a container once, and the end of each before the next', async t => {
  await using s = await stack(t, 'short-lives')
  const { stdout, code } = await s.cli('up', '--no-color', 'crasher')
  assert.equal(code, 0)
  const end = '\r\x1b[Kcrasher-1 exited with code 3'
  const life = 'crasher-1  | life'
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'Attaching to crasher-1',
    ...[life, `${end} (restarting)`, life, `${end} (restarting)`, life, end],
  ])
  await s.ok('down')
  assert.deepEqual(projectTraces(s.root), [])
})

test('logs -f must go on where a container is started again or made anew, and show nothing twice', async t => {
  await using s = await stack(t, 'short-lives')
  const begins = (output: string) => output.match(/^keeper-1 +\| begin$/gm)?.length ?? 0
  await s.ok('up', '-d', 'keeper')
  await eventually(async () => begins(await s.ok('logs', '--no-color', 'keeper')) === 1, 'the first life')
  await s.ok('stop', 'keeper')

  const stopped = started(s, 'logs', '-f', '--no-color', 'keeper')
  t.after(() => stopped.kill('SIGKILL') && t.diagnostic(stopped.output()))
  await eventually(async () => begins(stopped.output()) === 1, 'the log of the stopped container')
  await s.ok('start', 'keeper')
  await eventually(async () => begins(stopped.output()) >= 2, 'the second life')
  const running = started(s, 'logs', '-f', '--no-color', '--tail', '1', 'keeper')
  t.after(() => running.kill('SIGKILL') && t.diagnostic(running.output()))
  await eventually(async () => begins(running.output()) === 1, 'the running container')
  await s.ok('restart', 'keeper')
  await eventually(async () => begins(running.output()) === 2, 'the third life')
  await s.ok('up', '-d', '--force-recreate', 'keeper')
  await eventually(async () => begins(running.output()) === 3, 'the new container')

  await s.ok('--profile', 'named', 'down')
  assert.equal(await running.ended, 0)
  // One line of each of its lives, and one of the new container.
  assert.equal(begins(running.output()), 3)
  assert.equal(begins(stopped.output()), 4)
  stopped.kill('SIGINT')
  assert.equal(await stopped.ended, 130)
})

test('up --wait must fail where a service ends at once', async t => {
  await using s = await stack(t, 'short-lives')
  const { stderr, code } = await s.cli('up', '--wait', 'quitter')
  assert.equal(code, 1)
  assert.match(stderr, /container \S+-quitter-1 exited \(4\)/)
  await s.ok('up', '--wait', 'keeper')
  await s.ok('--profile', 'named', 'down')
  assert.deepEqual(projectTraces(s.root), [])
})
