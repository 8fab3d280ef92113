import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { alive } from '../engine/engine-process.ts'
import { started } from './background.ts'
import { eventually, stack } from './stack.ts'

const numbers = (output: string) =>
  [...output.matchAll(/^counter-1 +\| line (\d+)$/gm)].map(([, number]) => Number(number))

test('attached up and logs -f must go on through kills of the engine without losing or doubling a line', async t => {
  await using s = await stack(t, 'followed')
  const up = started(s, 'up', '--no-color')
  t.after(() => t.passed || t.diagnostic(up.output().slice(-3000)))
  await eventually(async () => numbers(up.output()).length > 10, 'the first lines')
  const logs = started(s, 'logs', '-f', '--no-color')
  for (let kills = 0; kills < 3; kills++) {
    const [before, shown] = [s.enginePid(), Math.min(numbers(up.output()).length, numbers(logs.output()).length)]
    process.kill(before, 'SIGKILL')
    await eventually(async () => s.enginePid() !== before && alive(s.enginePid()), 'the next engine')
    await eventually(async () => numbers(up.output()).length > shown + 50, 'lines after it, attached')
    await eventually(async () => numbers(logs.output()).length > shown + 50, 'lines after it, followed')
  }
  await s.ok('exec', '-T', 'counter', 'touch', '/end')
  assert.equal(await up.ended, 0)
  assert.match(up.output(), /counter-1 exited with code 3/)
  assert.equal(await logs.ended, 0)
  const all = numbers(await s.ok('logs', '--no-color'))
  assert.deepEqual(
    all,
    all.map((_, index) => index + 1),
  )
  assert.deepEqual(numbers(up.output()), all)
  assert.deepEqual(numbers(logs.output()), all)
  await s.ok('down')
})

test('what ends while there is no engine must still be told to who follows it', async t => {
  await using s = await stack(t, 'followed')
  const up = started(s, 'up', '--no-color')
  t.after(() => t.passed || t.diagnostic(up.output().slice(-3000)))
  await eventually(async () => numbers(up.output()).length > 10, 'the first lines')
  await s.ok('exec', '-T', '-d', 'counter', 'sh', '-c', 'sleep 0.1; touch /end')
  process.kill(s.enginePid(), 'SIGKILL')
  assert.equal(await up.ended, 0)
  assert.match(up.output(), /counter-1 exited with code 3/)
  const all = numbers(await s.ok('logs', '--no-color'))
  assert.deepEqual(numbers(up.output()), all)
  await s.ok('down')
})

test('a signal to the program that an older Node started must reach the one that does the work', async t => {
  await using s = await stack(t, 'followed')
  await s.ok('up', '-d')
  // What an older Node says of itself is all that the entry looks at.
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.0.0'})"
  const entry = new URL('../../bin/run.js', import.meta.url).pathname
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const child = spawn(process.execPath, ['--import', older, entry, 'logs', '-f'], {
      cwd: s.cwd,
      env: s.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill(signal)
    child.stdout.resume()
    const [code] = await once(child, 'exit')
    assert.equal(code, 130)
  }
  await s.ok('exec', '-T', 'counter', 'touch', '/end')
  await s.ok('down', '-t', '0')
})
