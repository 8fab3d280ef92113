import assert from 'node:assert/strict'
import { test } from 'node:test'
import { started } from './background.ts'
import { eventually, stack } from './stack.ts'

const words = (output: string) =>
  [...output.matchAll(/(life \d+|[a-z]+-1 exited with code \d+)/g)].map(([, word]) => word)

test('attached up must show each life of what comes back once, and its end behind it', async t => {
  await using s = await stack(t, 'coming-back')
  const up = started(s, 'up', '--no-color', 'tries')
  t.after(() => t.passed || t.diagnostic(up.output()))
  assert.equal(await up.ended, 0)
  const end = 'tries-1 exited with code 3'
  assert.deepEqual(words(up.output()), ['life 1', end, 'life 2', end, 'life 3', end])
  await s.ok('down')
})

test('attached up must show each life once over a restart by request', async t => {
  await using s = await stack(t, 'followed')
  const up = started(s, 'up', '--no-color')
  t.after(() => t.passed || t.diagnostic(up.output().slice(-3000)))
  const lines = (text: string) => [...text.matchAll(/^counter-1 +\| (line \d+)$/gm)].map(([, line]) => line)
  await eventually(async () => lines(up.output()).includes('line 20'), 'the first life')
  await s.ok('restart', '-t', '0')
  await eventually(async () => lines(up.output()).filter(line => line === 'line 20').length === 2, 'the second life')
  await s.ok('exec', '-T', 'counter', 'touch', '/end')
  assert.equal(await up.ended, 0)
  assert.deepEqual(lines(up.output()), lines(await s.ok('logs', '--no-color')))
  await s.ok('down')
})

for (const verb of ['stop', 'kill', 'down'])
  test(`attached up must end with ${verb} while all is to come back`, async t => {
    await using s = await stack(t, 'coming-back')
    const up = started(s, 'up', '--no-color', 'loops')
    t.after(() => t.passed || t.diagnostic(up.output()))
    await eventually(async () => words(up.output()).filter(word => /exited/.test(word ?? '')).length === 5, 'five ends')
    await s.ok('--profile', 'loops', verb)
    assert.equal(await up.ended, 0)
    await s.ok('--profile', 'loops', 'down')
  })
