import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { takeTurn } from './project-turn.ts'

const { signal } = new AbortController()
const engine = `test-${process.pid}`
const take = (command: string, project: string, said: string[] = [], own = signal) =>
  takeTurn({ engine, project, command, signal: own, onWait: text => said.push(text) })

test('one after the other, each told of whom it waits for; another project does not wait', async () => {
  const order: string[] = []
  const said: string[] = []
  const first = await take('stop', 'shop')
  const second = take('up', 'shop', said).then(turn => {
    order.push('second')
    return turn
  })
  const other = await take('up', 'other')
  order.push('other')
  other.release()
  while (said.length === 0) await new Promise(setImmediate)
  assert.deepEqual(said, [`waiting for stop (process ${process.pid}), which works on project "shop"`])
  order.push('released')
  first.release()
  ;(await second).release()
  assert.deepEqual(order, ['other', 'released', 'second'])
})

test('who is interrupted while it waits does not get the turn', async () => {
  const first = await take('stop', 'shop')
  const abort = new AbortController()
  const said: string[] = []
  const second = take('up', 'shop', said, abort.signal)
  while (said.length === 0) await new Promise(setImmediate)
  abort.abort()
  await assert.rejects(second, { name: 'AbortError' })
  assert.equal(first.signal.aborted, false)
  first.release()
})

test('down ends an up, and nothing else', async () => {
  const up = await take('up', 'shop')
  const down = take('down', 'shop')
  await once(up.signal, 'abort')
  assert.match(up.ended()?.message ?? '', /^down \(process \d+\) takes project "shop" down: up ends$/)
  up.release()
  const second = await down
  const said: string[] = []
  const third = take('down', 'shop', said)
  while (said.length === 0) await new Promise(setImmediate)
  assert.equal(second.signal.aborted, false)
  second.release()
  ;(await third).release()
})

test('the turn of a process that was killed is free', async () => {
  const script = `
    import { takeTurn } from '${new URL('project-turn.ts', import.meta.url)}'
    await takeTurn({ engine: '${engine}', project: 'shop', command: 'up', signal: new AbortController().signal, onWait() {} })
    console.log('mine')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const said: string[] = []
  const next = take('up', 'shop', said)
  while (said.length === 0) await new Promise(setImmediate)
  child.kill('SIGKILL')
  ;(await next).release()
})
