// The stages find attributes by path. A path that the schema has no place for is a rule that never holds.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compose, definitions } from '../../../schema/compose.ts'
import type { Schema } from '../../../schema/schema.ts'

const byName: Readonly<Record<string, Schema | undefined>> = definitions

/** What stands below a schema at a key; `*` is an entry of a map or an item of a list, `[]` an item. */
function below(schema: Schema, key: string): Schema[] {
  const target = schema.$ref === undefined ? undefined : byName[schema.$ref.slice('#/$defs/'.length)]
  const forms = [...(target ? [target] : []), ...(schema.oneOf ?? [])].flatMap(form => below(form, key))
  const items = schema.items && (key === '*' || key === '[]') ? [schema.items] : []
  const entries = key === '*' ? Object.values(schema.patternProperties ?? {}) : []
  const named = schema.properties?.[key]
  return [...forms, ...items, ...entries, ...(named ? [named] : [])]
}

test('every rule of the stages is for an attribute of the schema', () => {
  const rules = globSync('src/model/stages/*.ts')
    .filter(file => !file.endsWith('.test.ts'))
    .flatMap(file =>
      [
        ...readFileSync(file, 'utf8').matchAll(/'((?:services|networks|volumes|configs|secrets|include)\.\*[^']*)'/g),
      ].map(([, path = '']) => ({ file, path })),
    )
  assert.ok(rules.length > 100, `${rules.length} rules were looked at`)
  const lost = rules.filter(({ path }) => {
    const places = path.split('.').reduce<Schema[]>((found, key) => found.flatMap(one => below(one, key)), [compose])
    return places.length === 0
  })
  assert.deepEqual(lost, [])
})
