import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { eventually, stack } from './stack.ts'

const entry = new URL('../../bin/run.js', import.meta.url).pathname

test('attached up and logs -f must show replicas that another command brings', async t => {
  await using s = await stack(t, 'joined')
  const follow = (...words: string[]) => {
    const child = execFile(process.execPath, [entry, ...words], { cwd: s.cwd, env: s.env })
    let said = ''
    child.stdout?.on('data', chunk => {
      said += chunk
    })
    t.after(() => child.kill('SIGKILL'))
    return { child, said: () => said, ended: once(child, 'exit') }
  }
  const up = follow('up', 'web')
  await eventually(async () => /^web-1 .*speaks$/m.test(up.said()), 'the first')
  const logs = follow('logs', '-f', 'web')
  await eventually(async () => /^web-1 .*speaks$/m.test(logs.said()), 'its log')
  await s.ok('scale', 'web=2')
  for (const { said } of [up, logs]) await eventually(async () => /^web-2 .*speaks$/m.test(said()), 'the second')
  await s.ok('run', '--rm', '-T', 'web', 'echo', 'one-off')
  await s.ok('down', '-t', '0')
  await up.ended
  assert.doesNotMatch(up.said() + logs.said(), /one-off/)
  logs.child.kill('SIGINT')
})

test('up must end with what it is attached to, and leave the rest running', async t => {
  await using s = await stack(t, 'joined')
  const up = await s.cli('up', '--attach', 'batch')
  assert.equal(up.code, 0)
  assert.match(up.stdout, /batch-1 {2}\| finished/)
  assert.doesNotMatch(up.stdout, /speaks/)
  assert.equal(await s.ok('ps', '--services'), 'web\n')
  await s.ok('down', '-t', '0')
})
