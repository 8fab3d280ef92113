// Compose files out of the schema, for property tests: nearly valid ones, with values that mean something.
import fc from 'fast-check'
import { compose, definitions } from '../schema/compose.ts'
import type { Schema, TypeName } from '../schema/schema.ts'

/** A value that the schema allows, by and large. */
export function arbitraryFile(): fc.Arbitrary<unknown> {
  return arbitraryOf(compose, 0)
}

const byName: Readonly<Record<string, Schema | undefined>> = definitions
const names = fc.constantFrom('a', 'web', 'db-1', 'default', 'x.y', '__proto__', 'KEY')
const texts = fc.oneof(
  fc.constantFrom('a', '1', '10s', '64m', '80', '8080:80', './x:/y', 'a:/b', 'A=b', 'default', 'host', '~/z', 'yes'),
  fc.constantFrom(
    '',
    ' ',
    '$X',
    '$$X',
    'service:a',
    'a b',
    '#',
    ': ',
    '- x',
    '{',
    'é',
    '😀',
    'two\nlines',
    '0x10',
    '1e3',
  ),
  fc.string({ maxLength: 8 }),
)
const numbers = fc.constantFrom(0, 1, -1, 80, 0.5, 1e21, 65536)

function arbitraryOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return arbitraryOf(byName[schema.$ref.slice('#/$defs/'.length)] ?? {}, depth)
  if (schema.oneOf !== undefined) return fc.oneof(...schema.oneOf.map(form => arbitraryOf(form, depth)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const types = schema.type === undefined ? (['string'] as const) : [schema.type].flat()
  const value = fc.oneof(...types.map(type => ofType(type, schema, depth)))
  return fc.oneof(
    { weight: 40, arbitrary: value },
    { weight: 1, arbitrary: fc.oneof(texts, numbers, fc.constant(null)) },
  )
}

function ofType(type: TypeName, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'number':
    case 'integer':
      return numbers
    case 'string':
      return texts
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, depth + 1), { maxLength: 3 })
    case 'object':
      return map(schema, depth)
  }
}

function map(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {})
  const patterns = Object.values(schema.patternProperties ?? {})
  const rest = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []
  const known = fc
    .subarray(properties, { maxLength: Math.min(properties.length, depth < 2 ? 6 : 3) })
    .chain(chosen => entries(chosen, depth))
  const required = entries(
    properties.filter(([name]) => schema.required?.includes(name)),
    depth,
  )
  const free = [...patterns, ...rest].map(item =>
    fc.array(fc.tuple(names, depth > 6 ? texts : arbitraryOf(item, depth + 1)), { maxLength: 2 }),
  )
  return fc
    .tuple(required, known, ...free)
    .map(parts =>
      JSON.parse(`{${parts.flat().map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`),
    )
}

function entries(chosen: readonly (readonly [string, Schema])[], depth: number): fc.Arbitrary<[string, unknown][]> {
  return fc.tuple(
    ...chosen.map(([name, schema]) => arbitraryOf(schema, depth + 1).map((value): [string, unknown] => [name, value])),
  )
}
