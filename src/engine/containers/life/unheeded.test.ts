import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drops, isUnheeded } from './unheeded.ts'

const status = (own: Record<string, string>) =>
  Object.entries({ NSpid: '700\t1', SigBlk: '0000000000000000', SigCgt: '0000000000000000', ...own })
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('')

test('the kernel drops what the first process of a namespace neither catches nor blocks', () => {
  assert.equal(drops(status({}), 15), true)
  assert.equal(drops(status({ SigCgt: '0000000000004000' }), 15), false)
  // It takes them by sigwait(3) or signalfd(2).
  assert.equal(drops(status({ SigBlk: 'fffffffe7ffbfeff' }), 15), false)
  assert.equal(drops(status({ SigCgt: '0000000000004000' }), 2), true)
})

test('of any other process a signal takes its course', () => {
  assert.equal(drops(status({ NSpid: '700' }), 15), false)
  assert.equal(drops(status({ NSpid: '700\t8' }), 15), false)
  assert.equal(isUnheeded(2 ** 22 + 1, 15), false)
})
