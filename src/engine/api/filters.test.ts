import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelsMatch, parseFilters } from './filters.ts'
import { compileRoutes, flag } from './router.ts'

test('filters come as lists, or as maps from older clients', () => {
  assert.deepEqual(
    [...parseFilters('{"label":["a=1"],"name":{"x":true}}', ['label', 'name'])],
    [
      ['label', ['a=1']],
      ['name', ['x']],
    ],
  )
  assert.equal(parseFilters(null, []).size, 0)
  assert.throws(() => parseFilters('{"colour":["red"]}', ['label']), /invalid filter 'colour'/)
  assert.throws(() => parseFilters('{', []), /not JSON/)
})

test('all labels must be there, with their value if one is given', () => {
  const labels = { a: '1', b: '' }
  assert.ok(labelsMatch(labels, ['a', 'a=1', 'b']))
  assert.ok(!labelsMatch(labels, ['a=2']))
  assert.ok(!labelsMatch(labels, ['a', 'c']))
})

test('names of images keep their slashes', () => {
  const [inspect] = compileRoutes([{ 'GET /images/:name.../json': () => ({ status: 204 }) }])
  assert.deepEqual(inspect?.match('/images/ghcr.io/a/b:1/json'), { name: 'ghcr.io/a/b:1' })
  assert.equal(inspect?.match('/images/json'), undefined)
})

test('flags of the query', () => {
  const query = new URLSearchParams('a=1&b=true&c=0&d=&e=false')
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e', 'f'].map(name => flag(query, name)),
    [true, true, false, false, false, false],
  )
})
