import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, stack } from './stack.ts'
import { projectTraces } from './traces.ts'

test('a second command must wait for the first and say so, and down must end an up that waits', async t => {
  await using s = await stack(t, 'queue')
  const up = s.cli('up', '-d', '--wait')
  await eventually(async () => (await s.ok('ps', '--services')) === 'web\n', 'the container')
  const [kill, down] = await Promise.all([s.cli('kill'), s.cli('down', '-t', '0')])
  const ended = await up
  assert.equal(ended.code, 1)
  assert.match(ended.stderr, /down \(process \d+\) takes project ".*" down: up ends\n$/)
  assert.match(down.stderr, /up \(process \d+\) works on project|waiting for kill/)
  assert.deepEqual([kill.code, down.code], [0, 0])
  assert.deepEqual(projectTraces(s.root), [])
})

test('who follows output must not keep others from the project', async t => {
  await using s = await stack(t, 'queue')
  const up = s.cli('up')
  await eventually(async () => (await s.ok('ps', '--services')) === 'web\n', 'the container')
  const stop = await s.cli('stop', '-t', '0')
  assert.equal(stop.code, 0)
  assert.equal((await up).code, 0)
  await s.ok('down')
})
