// Kinds of lists, of maps whose keys the user chooses, and of groups of named attributes.

import { isTree, type Tree, type Value } from '../../../shared/yaml/tree.ts'
import { naturalOrder } from '../../values/natural-order.ts'
import { newRecord } from '../../values/record.ts'
import { type Kind, type Output, Problems, Sorted } from './kind.ts'

/** A list of anything; a single value is a list of one. */
export function listOf<T>(item: Kind<T>): Kind<T[]> {
  const print = (values: T[], form: 'yaml' | 'json'): Output | undefined =>
    values.length === 0 ? undefined : values.map(value => item[form](value) ?? zeroOutput(value))
  return {
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
export function mapOf<T>(item: Kind<T>): Kind<Record<string, T>> {
  const print = (values: Record<string, T>, form: 'yaml' | 'json'): Output | undefined => {
    const map = new Sorted()
    for (const [key, value] of Object.entries(values)) map.set(key, item[form](value) ?? zeroOutput(value))
    return map.size === 0 ? undefined : map
  }
  return {
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
export function nullable<T>(kind: Kind<T>): Kind<T | null> {
  return {
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

/** Compose key, kind, and the name in errors where that is not the key. */
type Field<T> = readonly [key: string, kind: Kind<T>, label?: string]

type Fields<T> = { readonly [P in keyof T]-?: Field<Exclude<T[P], undefined>> }

export interface GroupOptions {
  /** The group has no `x-*` attributes. */
  closed?: boolean
  /** The group is always there: absent it is empty, and only JSON prints it then. */
  always?: boolean
  /** Names of attributes in JSON that are not their keys. */
  jsonNames?: Readonly<Record<string, string>>
}

interface Extended {
  extensions: Record<string, unknown>
}

/** Named attributes. The order of the table is the order in which they are printed. */
export function group<T extends object>(fields: Fields<Omit<T, 'extensions'>>, options: GroupOptions = {}): Kind<T> {
  // Fields<> has one entry per property, each with the kind of that property's type.
  const table = Object.entries(fields) as [string, Field<unknown>][]
  const { closed = false, always = false, jsonNames = {} } = options

  const decode = (value: Value, at: string, problems: Problems): T => {
    const tree: Tree | undefined = isTree(value) ? value : undefined
    const result: Record<string, unknown> = {}
    for (const [property, [key, kind, label]] of table) {
      const raw = tree?.[key]
      const decoded =
        raw === undefined ? kind.absent() : kind.decode(raw, at === '' ? key : `${at}.${label ?? key}`, problems)
      if (decoded !== undefined) result[property] = decoded
      else if (raw !== undefined) {
        const absent = kind.absent()
        if (absent !== undefined) result[property] = absent
      }
    }
    if (!closed) result.extensions = extensionsOf(tree)
    return result as T // every property of T has had its field's value
  }

  const print = (value: T, form: 'yaml' | 'json'): Map<string, Output> => {
    const map = new Map<string, Output>()
    const properties = value as Readonly<Record<string, unknown>> // looked up by the property names of T
    for (const [property, [key, kind]] of table) {
      const item = properties[property]
      const output = item !== undefined ? kind[form](item) : form === 'json' ? kind.jsonAbsent?.() : undefined
      if (output !== undefined) map.set(form === 'json' ? (jsonNames[key] ?? key) : key, output)
    }
    if (form === 'yaml' && !closed) addExtensions(map, (value as Extended).extensions) // open groups have them
    return map
  }

  return {
    absent: () => (always ? decode(null, '', noProblems) : undefined),
    decode: (value, at, problems) => (value === null && !always ? undefined : decode(value, at, problems)),
    yaml: value => {
      const map = print(value, 'yaml')
      return always && map.size === 0 ? undefined : map
    },
    json: value => print(value, 'json'),
  }
}

/** A group that is a property only when written, but printed in JSON always. */
export function printedAlways<T extends object>(kind: Kind<T>, empty: () => Output): Kind<T> {
  return {
    ...kind,
    yaml: value => {
      const output = kind.yaml(value)
      return output instanceof Map && output.size === 0 ? undefined : output
    },
    jsonAbsent: empty,
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
