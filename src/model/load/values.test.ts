// Texts that mean a size, a duration, a number, a command.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../shared/duration.ts'
import { nearest } from '../../shared/nearest.ts'
import { splitCommand } from '../attributes/command.ts'
import { goFloat, parseBytes, shortestFloat32 } from '../values/scalar.ts'

test('durations', () => {
  const table: [string, number, string][] = [
    ['0', 0, '0s'],
    ['1h', 3600e9, '1h0m0s'],
    ['1m30s', 90e9, '1m30s'],
    ['1.5s', 1.5e9, '1.5s'],
    ['100us', 100e3, '100µs'],
    ['1d12h', 36 * 3600e9, '36h0m0s'],
    ['-5ms', -5e6, '-5ms'],
    ['.5h', 1800e9, '30m0s'],
    ['1w', 168 * 3600e9, '168h0m0s'],
  ]
  for (const [text, nanoseconds, printed] of table) {
    assert.equal(parseDuration(text), nanoseconds, text)
    assert.equal(formatDuration(nanoseconds), printed)
  }
  for (const text of ['', '5', '5x', 's', '-', '1s5']) assert.throws(() => parseDuration(text), /^ComposeError: time: /)
})

test('a printed duration is its own input', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 52 }), n => parseDuration(formatDuration(n)) === n))
})

test('sizes', () => {
  const table: [string, number][] = [
    ['0', 0],
    ['-1', -1],
    ['1b', 1],
    ['1k', 1024],
    ['1.5G', 1.5 * 2 ** 30],
    ['2 MiB', 2 * 2 ** 20],
    ['1tb', 2 ** 40],
  ]
  for (const [text, bytes] of table) assert.equal(parseBytes(text), bytes, text)
  for (const text of ['much', '1x', '-5m', '1kbb']) assert.throws(() => parseBytes(text), /invalid (?:size|suffix)/)
})

test('floats print as Go prints them', () => {
  const table: [number, string][] = [
    [1.5, '1.5'],
    [1e6, '1e+06'],
    [999999.5, '999999.5'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [-0, '-0'],
    [1e21, '1e+21'],
    [Number.POSITIVE_INFINITY, '+Inf'],
  ]
  for (const [value, printed] of table) assert.equal(goFloat(value), printed)
  assert.equal(shortestFloat32(Math.fround(0.1)), 0.1)
})

test('commands split like a shell that expands nothing', () => {
  const table: [string, string[]][] = [
    ['a  b\tc', ['a', 'b', 'c']],
    [`sh -c 'a "b"'`, ['sh', '-c', 'a "b"']],
    [`a "" ''`, ['a', '', '']],
    ['a\\ b', ['a b']],
    ['a && b', ['a']],
    ['a; b', ['a']],
    ['echo $HOME "$X"', ['echo', '$HOME', '$X']],
    ['a 2> b', ['a']],
    ['', []],
  ]
  for (const [text, words] of table) assert.deepEqual(splitCommand(text), words, text)
  for (const text of ['"open', "'open", 'end\\', 'a (b)', '`a'])
    assert.throws(() => splitCommand(text), /invalid command line/)
})

test('a typing mistake is recognised, anything else is not', () => {
  const names = ['ports', 'image', 'volumes', 'environment']
  assert.equal(nearest('prots', names), 'ports')
  assert.equal(nearest('enviroment', names), 'environment')
  assert.equal(nearest('Image', names), 'image')
  assert.equal(nearest('colour', names), undefined)
})
