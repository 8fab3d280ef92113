// Stage: the Compose schema, walked by an interpreter of the few keywords that it uses.
// An interpreter starts faster than a compiled validator loads, and can choose the error that helps:
// the deepest one, which of several forms is the one that the reader meant.
import { compose, definitions } from '../../../schema/compose.ts'
import type { Schema, TypeName } from '../../../schema/schema.ts'
import { ComposeError } from '../../shared/errors.ts'
import { nearest } from '../../shared/nearest.ts'
import { Float, isTree, Timestamp, type Tree, type Value } from '../../shared/yaml/tree.ts'

interface Failure {
  path: readonly string[]
  sentence: string
  hint?: string | undefined
  /** Of several failures the one with the highest rank is told; the first among equals. */
  rank: number
}

/** Throws for the most telling mistake; `file` is named in it. */
export function validate(tree: Value, file: string): void {
  const failure = check(tree, compose, [])
  if (failure === undefined) return
  const path = failure.path.join('.')
  throw new ComposeError('invalid_argument', `validating ${file}: ${failure.sentence}`, {
    path: path === '' ? undefined : path,
    hint: failure.hint,
  })
}

const byName: Readonly<Record<string, Schema | undefined>> = definitions

function check(value: Value, schema: Schema, path: string[]): Failure | undefined {
  if (value instanceof Float && !Number.isFinite(value.value)) return notFinite(value.value, path)
  if (schema.type !== undefined && !hasType(value, schema.type)) return wrongType(value, schema.type, path)
  if (schema.enum !== undefined && !(typeof value === 'string' && schema.enum.includes(value)))
    return wrongWord(value, schema.enum, path)
  let worst: Failure | undefined
  const note = (failure: Failure | undefined) => {
    if (failure !== undefined && (worst === undefined || failure.rank > worst.rank)) worst = failure
  }
  if (schema.$ref !== undefined) {
    const target = byName[schema.$ref.slice('#/$defs/'.length)]
    if (target !== undefined) note(check(value, target, path))
  }
  if (isTree(value)) checkMap(value, schema, path, note)
  else if (Array.isArray(value)) checkList(value, schema, path, note)
  else checkScalar(value, schema, path, note)
  if (schema.oneOf !== undefined) note(checkForms(value, schema.oneOf, path))
  return worst
}

type Note = (failure: Failure | undefined) => void

function checkMap(value: Tree, schema: Schema, path: string[], note: Note): void {
  const missing = schema.required?.filter(name => !(name in value)) ?? []
  if (missing.length > 0) note(fail(path, `missing propert${missing.length > 1 ? 'ies' : 'y'} ${quoted(missing)}`))
  const { properties, patternProperties, additionalProperties: rest } = schema
  if (properties === undefined && patternProperties === undefined && rest === undefined) return
  const unknown: string[] = []
  for (const key in value) {
    const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
    const item = value[key] ?? null
    let matched = known !== undefined
    path.push(key)
    if (known !== undefined) note(check(item, known, path))
    for (const pattern in patternProperties) {
      if (!matches(pattern, key)) continue
      matched = true
      note(check(item, patternProperties[pattern] ?? {}, path))
    }
    if (!matched && typeof rest === 'object') note(check(item, rest, path))
    path.pop()
    if (!matched && rest === false) unknown.push(key)
  }
  if (unknown.length === 0) return
  const failure = fail(path, `additional properties ${quoted(unknown.sort())} not allowed`)
  const suggestion = nearest(unknown[0] ?? '', Object.keys(properties ?? {}))
  note({
    ...failure,
    path: [...path, unknown[0] ?? ''],
    rank: failure.rank + 1,
    hint: suggestion && `Did you mean ${suggestion}?`,
  })
}

function checkList(value: Value[], schema: Schema, path: string[], note: Note): void {
  if (schema.uniqueItems === true) {
    const equal = firstEqual(value)
    if (equal !== undefined) note(fail(path, `items at ${equal[0]} and ${equal[1]} are equal`))
  }
  if (schema.items === undefined) return
  for (const [index, item] of value.entries()) {
    path.push(String(index))
    note(check(item, schema.items, path))
    path.pop()
  }
}

function checkScalar(value: Value, schema: Schema, path: string[], note: Note): void {
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !matches(schema.pattern, value))
      note(fail(path, `${quoted([value])} does not match pattern ${quoted([schema.pattern])}`))
    return
  }
  const number = numberOf(value)
  if (number === undefined) return
  if (schema.minimum !== undefined && number < schema.minimum)
    note(fail(path, `must be greater than or equal to ${schema.minimum}`))
  if (schema.maximum !== undefined && number > schema.maximum)
    note(fail(path, `must be less than or equal to ${schema.maximum}`))
}

/** Exactly one form must fit. When none does, the form that came furthest tells why. */
function checkForms(value: Value, forms: readonly Schema[], path: string[]): Failure | undefined {
  let worst: Failure | undefined
  let matched: number | undefined
  for (const [index, form] of forms.entries()) {
    const failure = check(value, form, path)
    if (failure === undefined) {
      if (matched !== undefined) return fail(path, `oneOf failed, subschemas ${matched}, ${index} matched`)
      matched = index
    } else if (worst === undefined || failure.rank > worst.rank) worst = failure
  }
  return matched === undefined ? worst : undefined
}

function hasType(value: Value, type: TypeName | readonly TypeName[]): boolean {
  return typeof type === 'string' ? isOfType(value, type) : type.some(name => isOfType(value, name))
}

function isOfType(value: Value, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'boolean':
      return typeof value === 'boolean'
    case 'string':
      return typeof value === 'string' || value instanceof Timestamp
    case 'number':
      return numberOf(value) !== undefined
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(numberOf(value))
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isTree(value)
  }
}

function numberOf(value: Value): number | undefined {
  if (value instanceof Float) return value.value
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

function wrongType(value: Value, type: TypeName | readonly TypeName[], path: readonly string[]): Failure {
  const names = [type].flat().map(name => (name === 'object' ? 'mapping' : name))
  const last = names.sort().pop()
  return {
    ...fail(path, `must be a ${names.length > 0 ? `${names.join(', ')} or ` : ''}${last}`),
    hint: `Here it is ${describe(value)}.${last === 'array' ? ' A list is [a, b], or lines that begin with `- `.' : ''}`,
  }
}

function describe(value: Value): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (isTree(value)) return 'a mapping'
  if (typeof value === 'boolean') return `the boolean ${value}`
  return numberOf(value) === undefined ? 'text' : `the number ${numberOf(value)}`
}

function wrongWord(value: Value, words: readonly string[], path: readonly string[]): Failure {
  const one = words.length === 1
  const suggestion = typeof value === 'string' ? nearest(value, words) : undefined
  return {
    ...fail(path, `value must be ${one ? '' : 'one of '}${quoted(words)}`),
    hint: suggestion && !one ? `Did you mean ${suggestion}?` : undefined,
  }
}

function fail(path: readonly string[], sentence: string): Failure {
  return { path: [...path], sentence: `${path.join('.')} ${sentence}`, rank: path.length }
}

/** JSON has no such number, so nothing else matters. */
function notFinite(value: number, path: readonly string[]): Failure {
  const text = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  return { path: [...path], sentence: `json: unsupported value: ${text}`, rank: Number.POSITIVE_INFINITY }
}

function quoted(words: readonly string[]): string {
  return words
    .map(
      word =>
        `'${JSON.stringify(word).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\ufeff', '\\ufeff')}'`,
    )
    .join(', ')
}

const patterns = new Map<string, RegExp>()

function matches(pattern: string, text: string): boolean {
  let expression = patterns.get(pattern)
  if (expression === undefined) {
    expression = new RegExp(pattern, 'u')
    patterns.set(pattern, expression)
  }
  return expression.test(text)
}

function firstEqual(items: readonly Value[]): [number, number] | undefined {
  const seen = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const text = identity(item)
    const earlier = seen.get(text)
    if (earlier !== undefined) return [earlier, index]
    seen.set(text, index)
  }
  return undefined
}

/** Equal for equal JSON values. */
function identity(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(identity).join()}]`
  if (isTree(value)) {
    const keys = Object.keys(value).sort()
    return `{${keys.map(key => `${JSON.stringify(key)}:${identity(value[key] ?? null)}`).join()}}`
  }
  if (value instanceof Timestamp) return JSON.stringify(value.rfc3339)
  return typeof value === 'string' ? JSON.stringify(value) : String(value instanceof Float ? value.value : value)
}
