import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../docker/protocol/operations.ts'
import { readQuery } from './read-query.ts'

const list = operations['GET /containers/json']
const read = (text: string, operation = list as Parameters<typeof readQuery>[1]) =>
  readQuery(new URLSearchParams(text), operation)

test('switches are what Docker Engine takes for yes', () => {
  const all = ['1', 'true', 'yes', 'maybe', '0', 'no', 'false', 'None', ''].map(text => read(`all=${text}`).all)
  assert.deepEqual(all, [true, true, true, true, false, false, false, false, false])
  const { stream } = read('', operations['GET /containers/{id}/stats'])
  assert.equal(stream, true)
})

test('numbers are numbers', () => {
  assert.equal(read('limit=5').limit, 5)
  assert.equal(read('limit=').limit, undefined)
  assert.throws(() => read('limit=abc'), {
    code: 'invalid_argument',
    message: `invalid query parameter 'limit': strconv.Atoi: parsing "abc": invalid syntax`,
  })
})

test('moments are nanoseconds, and 0 is none', () => {
  const { since, until } = read('since=1700000000.000000001&until=0', operations['GET /events'])
  assert.deepEqual([since, until], [1_700_000_000_000_000_001n, undefined])
  assert.throws(
    () => read('since=abc', operations['GET /events']),
    /invalid query parameter 'since': failed to parse value as time or duration: "abc"/,
  )
})

test('lists and filters', () => {
  assert.deepEqual(read('changes=CMD a&changes=USER b', operations['POST /images/create']).changes, ['CMD a', 'USER b'])
  assert.deepEqual(read('filters={"status":["exited"]}').filters, { status: ['exited'] })
})

test('what the document does not have is left out', () => assert.ok(!('colour' in read('colour=red'))))
