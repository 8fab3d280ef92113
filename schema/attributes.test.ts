// Every attribute of the Compose specification is in the schema: attributes.txt is the reference's list, one path a
// line, `<name>` for a user's key and `[]` for an item of a list.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compose, definitions } from './compose.ts'
import type { Schema } from './schema.ts'

const byName: Readonly<Record<string, Schema | undefined>> = definitions

function collect(schema: Schema, path: string, into: Set<string>): void {
  const target = schema.$ref === undefined ? undefined : byName[schema.$ref.slice('#/$defs/'.length)]
  if (target !== undefined) collect(target, path, into)
  for (const form of schema.oneOf ?? []) collect(form, path, into)
  if (schema.items !== undefined) collect(schema.items, `${path}[]`, into)
  for (const [key, attribute] of Object.entries(schema.properties ?? {})) {
    const below = path === '' ? key : `${path}.${key}`
    into.add(below)
    collect(attribute, below, into)
  }
  for (const attribute of Object.values(schema.patternProperties ?? {})) collect(attribute, `${path}.<name>`, into)
  if (typeof schema.additionalProperties === 'object') collect(schema.additionalProperties, `${path}.<name>`, into)
}

test('no attribute is missing, and none is ours alone', () => {
  const listed = readFileSync(new URL('attributes.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const found = new Set<string>()
  collect(compose, '', found)
  assert.deepEqual([...found].sort(), listed)
})
