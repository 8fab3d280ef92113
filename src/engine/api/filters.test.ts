import assert from 'node:assert/strict'
import { test } from 'node:test'
import { any, type FilterRow, labels, matcher, parseFilters, until, withoutLabels, yesOrNo } from './filters.ts'

test('filters come as lists, or as maps from older clients', () => {
  const filters = parseFilters('{"label":["a=1"],"name":{"x":true}}', ['label', 'name'])
  assert.deepEqual(filters, { label: ['a=1'], name: ['x'] })
  assert.deepEqual(parseFilters(null, []), {})
  // Go clients write an empty list for what nobody asked for.
  assert.deepEqual(parseFilters('{"label":[]}', ['label']), {})
})

for (const [text, sentence] of [
  ['{"colour":["red"]}', /invalid filter 'colour'/],
  ['{', /invalid filter: not JSON/],
  ['["a"]', /not an object of lists/],
  ['null', /not an object of lists/],
  ['{"label":"a"}', /invalid filter 'label': a list of texts/],
  ['{"label":[1]}', /invalid filter 'label': a list of texts/],
] as const)
  test(`${text} is refused`, () => assert.throws(() => parseFilters(text, ['label']), sentence))

interface Thing {
  name: string
  created: string
  labels: Record<string, string>
}

const one: Thing = { name: 'one', created: '2026-01-01T00:00:00Z', labels: { a: '1', b: '' } }
const admitted = (row: FilterRow<Thing>, ...values: string[]) => row(values, 'key')(one)

test('all labels must be there, with their value if one is given', () => {
  const row = labels<Thing>(thing => thing.labels)
  assert.ok(admitted(row, 'a', 'a=1', 'b'))
  assert.ok(!admitted(row, 'a=2'))
  assert.ok(!admitted(row, 'a', 'c'))
  assert.ok(!admitted(row, 'constructor'))
})

test('what has all the labels of label! is kept', () => {
  const row = withoutLabels<Thing>(thing => thing.labels)
  assert.ok(!admitted(row, 'a'))
  assert.ok(admitted(row, 'c'))
  assert.ok(admitted(row, 'a', 'c'))
})

test('until is a date, a second or a duration back from now, once', () => {
  const row = until<Thing>(({ created }) => created)
  assert.ok(admitted(row, '2026-01-02T00:00:00Z'))
  assert.ok(!admitted(row, '2025-12-31T00:00:00Z'))
  assert.ok(!admitted(row, '1000000h'))
  assert.throws(() => admitted(row, 'soon'), /failed to parse value as time or duration: "soon"/)
  assert.throws(() => admitted(row, '1h', '2h'), /more than one until filter specified/)
})

test('yes or no', () => {
  const row = yesOrNo<Thing>(({ name }) => name === 'one')
  assert.deepEqual(
    ['true', '1', 'false', '0'].map(value => admitted(row, value)),
    [true, true, false, false],
  )
  assert.throws(() => admitted(row, 'maybe'), /invalid filter 'key=\[maybe\]'/)
  assert.throws(() => admitted(row, 'true', 'false'), /invalid filter 'key=\[true false\]'/)
})

test('every key that was asked for must admit an object; values of one key are alternatives', () => {
  const rows = { name: any<Thing>(({ name }, value) => name === value), label: labels<Thing>(thing => thing.labels) }
  const admits = (filters: Parameters<typeof matcher<Thing, 'name' | 'label'>>[1]) => matcher(rows, filters)(one)
  assert.ok(admits({}))
  assert.ok(admits({ name: ['two', 'one'], label: ['a'] }))
  assert.ok(!admits({ name: ['one'], label: ['c'] }))
})
