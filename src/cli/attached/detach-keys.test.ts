import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detachFilter, parseDetachKeys } from './detach-keys.ts'

function typed(...chunks: string[]) {
  let detached = 0
  let passed = ''
  const filter = detachFilter(parseDetachKeys('ctrl-p,ctrl-q'), () => detached++)
  filter.on('data', chunk => {
    passed += chunk
  })
  for (const chunk of chunks) filter.write(chunk)
  filter.end()
  return new Promise<{ passed: string; detached: number }>(resolve =>
    filter.on('end', () => resolve({ passed, detached })),
  )
}

test('keys are single characters or control keys', () => {
  assert.deepEqual(parseDetachKeys('ctrl-p,ctrl-q'), [16, 17])
  assert.deepEqual(parseDetachKeys('ctrl-@,a,ctrl-['), [0, 97, 27])
  assert.throws(() => parseDetachKeys('ctrl-1'), /unknown character: 'ctrl-1'/)
  assert.throws(() => parseDetachKeys('esc'), /invalid detach keys \(esc\)/)
})

test('the sequence detaches, also in two pieces; all else passes', async () => {
  assert.deepEqual(await typed('ab\x10', '\x11cd'), { passed: 'ab', detached: 1 })
  assert.deepEqual(await typed('a\x10b'), { passed: 'a\x10b', detached: 0 })
  assert.deepEqual(await typed('\x10\x10\x11'), { passed: '\x10', detached: 1 })
  assert.deepEqual(await typed('\x10'), { passed: '\x10', detached: 0 })
})
