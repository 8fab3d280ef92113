import assert from 'node:assert/strict'
import { test } from 'node:test'
import { booleanValues, stopAtFirstArgument } from './line.ts'

const flags = {
  user: { type: 'option', char: 'u' },
  'no-tty': { type: 'boolean', char: 'T' },
  detach: { type: 'boolean', char: 'd' },
  orphans: { type: 'boolean', allowNo: true },
}

test("everything after the service is the container's", () => {
  assert.deepEqual(stopAtFirstArgument(['-T', '-u', 'root', 'web', 'psql', '-d', 'x'], flags), [
    '-T',
    '-u',
    'root',
    '--',
    'web',
    'psql',
    '-d',
    'x',
  ])
  assert.deepEqual(stopAtFirstArgument(['-Tu', 'root', 'web', '-d'], flags), ['-Tu', 'root', '--', 'web', '-d'])
  assert.deepEqual(stopAtFirstArgument(['-uroot', '--user=x', 'web', '--', 'y'], flags), [
    '-uroot',
    '--user=x',
    '--',
    'web',
    '--',
    'y',
  ])
})

test('switches take true and false', () => {
  assert.deepEqual(
    booleanValues(['--detach=false', '--orphans=false', '--no-tty=true', '--', '--detach=false'], flags),
    ['--no-orphans', '--no-tty', '--', '--detach=false'],
  )
})

test('a switch with a word that is no boolean is refused', () => {
  assert.throws(() => booleanValues(['--detach=perhaps'], flags), {
    message: 'invalid argument "perhaps" for "-d, --detach" flag: strconv.ParseBool: parsing "perhaps": invalid syntax',
  })
})
