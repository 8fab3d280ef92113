// Three files give the same model whichever two are merged first, for what the specification merges by adding or
// by replacing. Null, which keeps the base, is left out: it means something else without one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clone, type Tree, treeOf, type Value } from '../../shared/yaml/tree.ts'
import { merge } from './merge.ts'
import { removeDuplicates } from './unicity.ts'

const word = fc.constantFrom('a', 'b', 'c', 'd')
const words = fc.uniqueArray(word, { maxLength: 3 })
const map = fc.dictionary(word, word, { maxKeys: 3 }).map(entries => treeOf(Object.entries(entries)))
const pairs = fc
  .uniqueArray(fc.tuple(word, word), { maxLength: 3, selector: ([key]) => key })
  .map(list => list.map(([key, value]) => `${key}=${value}`))
const volume = fc.tuple(word, word).map(([source, target]) =>
  treeOf([
    ['type', 'volume'],
    ['source', source],
    ['target', `/${target}`],
  ]),
)

const attributes: Record<string, fc.Arbitrary<Value>> = {
  image: word,
  user: word,
  command: words,
  entrypoint: words,
  cap_add: words,
  environment: fc.oneof(map, pairs),
  labels: fc.oneof(map, pairs),
  sysctls: map,
  volumes: fc.uniqueArray(volume, { maxLength: 3, selector: value => String(value.target) }),
  healthcheck: fc
    .record({ test: words, interval: word }, { requiredKeys: [] })
    .map(entries => treeOf(Object.entries(entries))),
  deploy: fc.record({ mode: word, labels: map }, { requiredKeys: [] }).map(entries => treeOf(Object.entries(entries))),
  'x-note': fc.oneof(map),
}

const service = fc
  .record(attributes, { requiredKeys: [] })
  .map(entries =>
    treeOf(Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
  )
const model = fc
  .dictionary(fc.constantFrom('web', 'db'), service, { maxKeys: 2 })
  .map(services => treeOf([['services', treeOf(Object.entries(services))]]))

function merged(base: Tree, over: Tree): Tree {
  const result = merge(clone(base), clone(over))
  removeDuplicates(result)
  return result
}

test('merging is associative', () => {
  const property = fc.property(model, model, model, (a, b, c) => {
    assert.deepEqual(merged(merged(a, b), c), merged(a, merged(b, c)))
  })
  fc.assert(property, { numRuns: 2000 })
})

test('a model merged over nothing, or nothing over a model, is that model', () => {
  const nothing = treeOf([])
  const property = fc.property(model, a => {
    assert.deepEqual(merged(nothing, a), merged(a, nothing))
  })
  fc.assert(property)
})
