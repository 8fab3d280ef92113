import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyMode } from './file-mode.ts'

const file = (mode: number) => ({ mode, isDirectory: () => false })
const folder = { mode: 0o755, isDirectory: () => true }

for (const [text, before, expected] of [
  ['755', file(0o600), 0o755],
  ['4755', file(0o600), 0o4755],
  ['u+x', file(0o644), 0o744],
  ['+x', file(0o644), 0o755],
  ['go-r', file(0o644), 0o600],
  ['u=rwX,go=rX', file(0o600), 0o644],
  ['u=rwX,go=rX', folder, 0o755],
  ['g=u', file(0o700), 0o770],
  ['u+s,o+t', file(0o755), 0o5755],
  ['a=', file(0o777), 0],
] as const)
  test(`${text} on ${before.mode.toString(8)}`, () => assert.equal(applyMode(text, before), expected))

test('what is no mode', () => assert.throws(() => applyMode('rwx', file(0)), /invalid file mode "rwx"/))
