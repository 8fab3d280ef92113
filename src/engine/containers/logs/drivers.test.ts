import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idleLogOptions, logDriver } from './drivers.ts'

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

test('options without effect are named', () => {
  assert.deepEqual(idleLogOptions('json-file', { 'max-size': '10m' }), ['max-size'])
  assert.deepEqual(idleLogOptions(undefined), [])
})
