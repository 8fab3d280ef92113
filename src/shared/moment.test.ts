import assert from 'node:assert/strict'
import { test } from 'node:test'
import { epochText, moment, rfc3339Nano } from './moment.ts'

const now = Date.parse('2026-01-02T03:04:05Z')

for (const [text, expected] of [
  ['1700000000.5', '2023-11-14T22:13:20.500000000Z'],
  ['1700000000.123456789', '2023-11-14T22:13:20.123456789Z'],
  ['2023-11-14T23:13:20+01:00', '2023-11-14T22:13:20.000000000Z'],
  ['2023-11-14T22:13:20.000000001Z', '2023-11-14T22:13:20.000000001Z'],
  ['1h30m', '2026-01-02T01:34:05.000000000Z'],
  ['-5s', '2026-01-02T03:04:10.000000000Z'],
  ['1.5ms', '2026-01-02T03:04:04.998500000Z'],
] as const)
  test(`${text} is ${expected}`, () => assert.equal(rfc3339Nano(moment(text, now)), expected))

test('a date without a zone is local', () => {
  assert.equal(moment('2026-01-02'), BigInt(new Date(2026, 0, 2).getTime()) * 1_000_000n)
  assert.equal(moment('2026-01-02T03:04'), BigInt(new Date(2026, 0, 2, 3, 4).getTime()) * 1_000_000n)
})

for (const text of ['', 'abc', '1d', '2026-13-01', '5 minutes'])
  test(`${JSON.stringify(text)} is no moment`, () =>
    assert.throws(() => moment(text), /failed to parse value as time or duration: ".*"/))

test('as the Engine API takes it', () => assert.equal(epochText(1_700_000_000_500_000_000n), '1700000000.500000000'))
