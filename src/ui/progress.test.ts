import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildDisplay } from './progress.ts'

test('BUILDKIT_PROGRESS says how builds are shown, unless more is said', () => {
  const display = (asked: string | undefined, value: string) => buildDisplay(asked, { BUILDKIT_PROGRESS: value })
  assert.equal(display(undefined, 'quiet'), 'quiet')
  assert.equal(display('auto', 'plain'), 'plain')
  assert.equal(display('json', 'quiet'), undefined)
  assert.equal(display(undefined, 'tty'), undefined)
  assert.throws(() => display(undefined, 'rawjson'), /invalid progress mode rawjson/)
})
