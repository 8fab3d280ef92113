import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Operation, planBuilder } from '../plan/plan.ts'
import { execute } from './execute.ts'

const pull = (image: string): Operation => ({
  type: 'pullImage',
  image,
  platform: undefined,
  quiet: true,
  optional: false,
})
const nameOf = (operation: Operation) => (operation.type === 'pullImage' ? operation.image : operation.type)

test('a node runs after all it waits for, independent ones side by side up to the limit', async () => {
  const builder = planBuilder()
  const first = [builder.add(pull('a'), ''), builder.add(pull('b'), ''), builder.add(pull('c'), '')]
  builder.add(pull('last'), '', first)
  const log: string[] = []
  let busy = 0
  let most = 0
  await execute(builder.plan, {
    parallel: 2,
    async run(operation) {
      most = Math.max(most, ++busy)
      await sleep(2)
      busy--
      log.push(nameOf(operation))
    },
  })
  assert.equal(most, 2)
  assert.deepEqual(log, ['a', 'b', 'c', 'last'])
})

test('after a failure no dependent and no later node starts, running ones are told, and the first error is thrown', async () => {
  const builder = planBuilder()
  const bad = builder.add(pull('bad'), '')
  builder.add(pull('slow'), '')
  builder.add(pull('dependent'), '', [bad])
  builder.add(pull('queued'), '')
  const started: string[] = []
  let told = false
  const running = execute(builder.plan, {
    parallel: 2,
    async run(operation, signal) {
      started.push(nameOf(operation))
      if (nameOf(operation) === 'bad') throw new Error('first')
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      told = true
      throw new Error('second')
    },
  })
  await assert.rejects(running, { message: 'first' })
  assert.deepEqual(started, ['bad', 'slow'])
  assert.ok(told)
})

test("the caller's signal ends it with canceled, once everything has settled", async () => {
  const builder = planBuilder()
  builder.add(pull('slow'), '')
  const abort = new AbortController()
  let settled = false
  const running = execute(builder.plan, {
    parallel: 1,
    signal: abort.signal,
    async run(_operation, signal) {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      await sleep(5)
      settled = true
    },
  })
  abort.abort()
  await assert.rejects(running, { code: 'canceled' })
  assert.ok(settled)
})

test('an empty plan is done, a circle is a bug of ours', async () => {
  await execute([], { parallel: 1, run: async () => {} })
  const circle = [{ id: 0, operation: pull('a'), cause: '', after: [0] }]
  await assert.rejects(execute(circle, { parallel: 1, run: async () => {} }), { code: 'internal' })
})
