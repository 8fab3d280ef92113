// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Compose files.
// Files that are made to grow without end are refused, with a place and in a short time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, refusalOf } from '../../../test/memory-project.ts'

const levels = (first: string, next: (name: string) => string, count = 12) =>
  Array.from(
    { length: count },
    (_, level) => `x-l${level}: &l${level} ${level === 0 ? first : next(`*l${level - 1}`)}\n`,
  ).join('')
const tail = 'services: {a: {image: i, x-all: *l11}}\n'

const endless: Readonly<Record<string, readonly [text: string, sentence: RegExp]>> = {
  'aliases in lists': [
    levels('[x, x]', name => `[${`${name}, `.repeat(9)}]`) + tail,
    /excessive aliasing|node visit limit/,
  ],
  'aliases in maps': [
    levels('{a: x}', name => `{a: ${name}, b: ${name}, c: ${name}, d: ${name}, e: ${name}, f: ${name}}`) + tail,
    /excessive aliasing|node visit limit/,
  ],
  'merge keys': [
    levels('{a: x}', name => `{${['b', 'c', 'd', 'e', 'f'].map(key => `${key}: {<<: ${name}}`).join(', ')}}`) + tail,
    /excessive aliasing|node visit limit/,
  ],
  'aliases with reset tags': [
    `${levels('[x, x]', name => `[${`${name}, `.repeat(9)}]`)}services: {a: {image: i, tty: !reset null, x-all: *l11}}\n`,
    /excessive aliasing|node visit limit/,
  ],
  'an alias of itself': ['x: &x [*x]\nservices: {a: {image: i}}\n', /anchor|alias|cycle/],
  'flow lists': [`x-deep: ${'['.repeat(100_000)}`, /exceeded max depth of 500/],
  'block maps': [
    Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    /exceeded max depth of 500/,
  ],
  'defaults in defaults': [
    `services: {a: {image: "${'${A:-'.repeat(50_000)}${'}'.repeat(50_000)}"}}`,
    /nested too deeply/,
  ],
  'extends of extends': [
    `services:\n  s0: {image: i}\n${Array.from({ length: 20_000 }, (_, i) => `  s${i + 1}: {extends: s${i}}\n`)
      .reverse()
      .join('')}`,
    /nested too deeply/,
  ],
}

for (const [name, [text, sentence]] of Object.entries(endless))
  test(name, async () => {
    const began = performance.now()
    assert.match(await refusalOf(text), sentence)
    assert.ok(performance.now() - began < 3000, 'took too long')
  })

test('a long chain of dependencies is no nesting', async () => {
  const services = Array.from(
    { length: 20_000 },
    (_, i) => `  s${i}: {image: i${i > 0 ? `, depends_on: [s${i - 1}]` : ''}}\n`,
  )
  const project = await projectOf(`services:\n${services.join('')}`)
  assert.equal(Object.keys(project.services).length, 20_000)
})

test('several documents of a file are merged in their order', async () => {
  const text =
    'services: {a: {image: one, cap_add: [A]}}\n---\nservices: {a: {image: two, cap_add: [B]}, b: {image: b}}\n'
  const { services } = await projectOf(text)
  assert.deepEqual([services.a?.image, services.a?.capAdd, services.b?.image], ['two', ['A', 'B'], 'b'])
})
