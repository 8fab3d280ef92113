import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLogOptions, idleLogOptions, logDriver, logLimits } from './drivers.ts'

test('a driver is its row, json-file where none is named', () => {
  assert.equal(logDriver(undefined).file('/c'), '/c/container.log')
  assert.equal(logDriver('').readable, true)
  assert.equal(logDriver('local').file('/c'), '/c/container.log')
  assert.deepEqual([logDriver('none').file('/c'), logDriver('none').readable], ['/dev/null', false])
})

test('a driver without a row is refused with those that have one', () => {
  for (const Type of ['syslog', 'gelf'] as const)
    assert.throws(() => logDriver(Type), {
      message: `error looking up logging plugin ${Type}: plugin "${Type}" not found: this engine has json-file, local and none`,
    })
})

test('how much is kept', () => {
  assert.equal(logLimits('json-file'), undefined)
  assert.deepEqual(logLimits('json-file', { 'max-size': '10m' }), { size: 10_000_000, files: 1 })
  assert.deepEqual(logLimits(undefined, { 'max-size': '1.5k', 'max-file': '3' }), { size: 1500, files: 3 })
  assert.deepEqual(logLimits('local'), { size: 20_000_000, files: 5 })
  assert.deepEqual(logLimits('local', { 'max-size': '1GB' }), { size: 1e9, files: 5 })
  assert.equal(logLimits('local', { 'max-size': '-1' }), undefined)
  assert.equal(logLimits('none', { 'max-size': '1' }), undefined)
})

test('options that a driver does not have, and values that are none, are refused', () => {
  checkLogOptions('json-file', { 'max-size': '1m', labels: 'a', mode: 'blocking' })
  assert.throws(() => checkLogOptions('json-file', { 'max-sise': '1m' }), {
    message: "unknown log opt 'max-sise' for json-file log driver: did you mean max-size?",
  })
  assert.throws(() => checkLogOptions('local', { tag: 'x' }), /unknown log opt 'tag' for local log driver/)
  assert.throws(() => checkLogOptions('', { 'max-size': 'large' }), /max-size "large": such as 10m/)
  assert.throws(() => checkLogOptions('', { 'max-size': '1m', 'max-file': '0' }), /max-file "0"/)
})

test('options without effect are named', () => {
  assert.deepEqual(idleLogOptions('json-file', { 'max-size': '10m', tag: 'x', compress: 'false' }), ['tag'])
  assert.deepEqual(idleLogOptions('local', { compress: 'true', mode: 'non-blocking' }), ['compress', 'mode'])
  assert.deepEqual(idleLogOptions(undefined), [])
})
