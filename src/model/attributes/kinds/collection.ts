// Kinds of lists, of maps whose keys the user chooses, and of groups of named attributes.

import { isTree, newTree, type Tree, type Value } from '../../../shared/yaml/tree.ts'
import { naturalOrder } from '../../values/natural-order.ts'
import { newRecord } from '../../values/record.ts'
import { type Kind, type Output, type Present, Problems, Sorted } from './kind.ts'

/** A list of anything; a single value is a list of one. */
export function listOf<T>(item: Kind<T>): Present<T[]> {
  const print = (values: T[], form: 'yaml' | 'json'): Output | undefined =>
    values.length === 0 ? undefined : values.map(value => item[form](value) ?? zeroOutput(value))
  return {
    isPresent: true,
    absent: () => [],
    decode(value, at, problems) {
      if (value === null) return []
      const entries = Array.isArray(value) ? value : [value]
      const list: T[] = []
      for (const [index, entry] of entries.entries()) {
        const decoded = item.decode(entry, Array.isArray(value) ? `${at}[${index}]` : at, problems)
        // In a list a zero stands for itself, and it is of the item's type: the item's kind let it pass.
        if (decoded !== undefined) list.push(decoded)
        else if (entry === '' || entry === 0 || entry === false) list.push(entry as T)
      }
      return list
    },
    yaml: values => print(values, 'yaml'),
    json: values => print(values, 'json'),
  }
}

/** A map by names of the user's. An entry may be null if its kind can be left out. */
export function mapOf<T>(item: Kind<T>): Present<Record<string, T>> {
  const print = (values: Record<string, T>, form: 'yaml' | 'json'): Output | undefined => {
    const map = new Sorted()
    for (const [key, value] of Object.entries(values)) map.set(key, item[form](value) ?? zeroOutput(value))
    return map.size === 0 ? undefined : map
  }
  return {
    isPresent: true,
    absent: () => newRecord<T>(),
    decode(value, at, problems) {
      const record = newRecord<T>()
      for (const [key, entry] of Object.entries(isTree(value) ? value : {})) {
        const decoded = item.decode(entry, `${at}[${key}]`, problems) ?? item.absent()
        if (decoded !== undefined) record[key] = decoded
      }
      return record
    },
    yaml: values => print(values, 'yaml'),
    json: values => print(values, 'json'),
  }
}

/** The same, or null. */
export function nullable<T>(kind: Kind<T>): Present<T | null> {
  return {
    isPresent: true,
    absent: () => null,
    decode: (value, at, problems) => (value === null ? null : (kind.decode(value, at, problems) ?? null)),
    yaml: value => (value === null ? null : kind.yaml(value)),
    json: value => (value === null ? null : kind.json(value)),
  }
}

/** What a value prints where leaving it out would change the number of entries. */
function zeroOutput(value: unknown): Output {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  return Array.isArray(value) ? [] : new Map()
}

/** The attributes of a group: the property that each becomes, and its kind. The key is the property in snake_case. */
export type Rows = Readonly<Record<string, Kind<unknown>>>

export interface GroupOptions {
  /** The group has no `x-*` attributes. */
  closed?: boolean
  /** Names of attributes in JSON and in errors that are not their keys. */
  otherNames?: Readonly<Record<string, string>>
}

interface Extended {
  extensions: Record<string, unknown>
}

type TypeOf<K> = K extends Kind<infer T> ? T : never
type PresentIn<R> = { [P in keyof R]: R[P] extends { isPresent: true } ? P : never }[keyof R]

/** What a group decodes to: properties of present kinds are always there, the others where they say something. */
type Decoded<R, O> = { -readonly [P in keyof R as P & PresentIn<R>]: TypeOf<R[P]> } & {
  -readonly [P in keyof R as Exclude<P, PresentIn<R>>]?: TypeOf<R[P]>
} & (O extends { closed: true } ? unknown : Extended)

/** The type of the values of what a maker of kinds makes: `Shape<typeof makePort>`. */
export type Shape<Maker extends () => unknown> = TypeOf<ReturnType<Maker>>

/** Named attributes. The order of the table is the order in which they are printed. */
export function group<const R extends Rows, const O extends GroupOptions>(rows: R, options?: O): Kind<Decoded<R, O>> {
  const { closed = false, otherNames = {} } = options ?? {}
  const table = Object.entries(rows).map(([property, kind]) => ({ property, key: snakeCase(property), kind }))

  const decode = (value: Value, at: string, problems: Problems): Decoded<R, O> => {
    const tree: Tree | undefined = isTree(value) ? value : undefined
    const result: Record<string, unknown> = {}
    for (const { property, key, kind } of table) {
      const raw = tree?.[key]
      const written =
        raw === undefined ? undefined : kind.decode(raw, at === '' ? key : `${at}.${otherNames[key] ?? key}`, problems)
      const decoded = written ?? kind.absent()
      if (decoded !== undefined) result[property] = decoded
    }
    if (!closed) result.extensions = extensionsOf(tree)
    return result as Decoded<R, O> // every row has had its say
  }

  const print = (value: Decoded<R, O>, form: 'yaml' | 'json'): Map<string, Output> => {
    const map = new Map<string, Output>()
    const properties = value as Readonly<Record<string, unknown>> // looked up by the names of the rows
    for (const { property, key, kind } of table) {
      const item = properties[property]
      const output = item !== undefined ? kind[form](item) : form === 'json' ? kind.jsonAbsent?.() : undefined
      if (output !== undefined) map.set(form === 'json' ? (otherNames[key] ?? key) : key, output)
    }
    // Open groups have them.
    if (form === 'yaml' && !closed) addExtensions(map, properties.extensions as Extended['extensions'])
    return map
  }

  return {
    absent: () => undefined,
    decode: (value, at, problems) => (value === null ? undefined : decode(value, at, problems)),
    yaml: value => print(value, 'yaml'),
    json: value => print(value, 'json'),
  }
}

/** A group that is always there: absent it is empty, and only JSON prints it then. */
export function alwaysThere<T extends object>(kind: Kind<T>): Present<T> {
  // A map without entries decodes to the empty group.
  const empty = () => kind.decode(newTree(), '', noProblems) as T
  return { ...withoutEmpty(kind), isPresent: true, absent: empty }
}

/** `cap_add` of `capAdd`. */
const snakeCase = (property: string): string => property.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** A group that is a property only when written, but printed in JSON always. */
export function printedAlways<T extends object>(kind: Kind<T>, empty: () => Output): Kind<T> {
  return { ...withoutEmpty(kind), jsonAbsent: empty }
}

/** YAML has no group in which nothing was written. */
function withoutEmpty<T extends object>(kind: Kind<T>): Kind<T> {
  return {
    ...kind,
    yaml: value => {
      const output = kind.yaml(value)
      return output instanceof Map && output.size === 0 ? undefined : output
    },
  }
}

/** Decoding an absent group meets no values, so no problems either. */
const noProblems = new Problems(() => {})

export function extensionsOf(tree: Tree | undefined): Record<string, unknown> {
  const extensions = newRecord<unknown>()
  for (const key in tree) if (key.startsWith('x-')) extensions[key] = tree[key]
  return extensions
}

export function addExtensions(map: Map<string, Output>, extensions: Readonly<Record<string, unknown>>): void {
  // They are parts of the raw model: Values, which are Outputs.
  const sorted = Object.keys(extensions).sort(naturalOrder)
  for (const key of sorted) map.set(key, extensions[key] as Output)
}
