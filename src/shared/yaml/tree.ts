// Raw Compose models: what YAML says before anything has been typed.
// Maps have no prototype, so that every key, `__proto__` too, is only a key.

/** A whole number beyond 2^53 is a bigint. */
export type Value = null | boolean | number | bigint | string | Float | Timestamp | Value[] | Tree

export type Tree = { [key: string]: Value }

/** A number written with a fraction or an exponent: Compose prints `1.50` as 1.5, but `1e6` as 1e+06. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** A date: YAML 1.1 has them, so `2024-02-03` is not a text. */
export class Timestamp {
  /** As Go prints it: `2024-02-03 00:00:00 +0000 UTC`. */
  readonly text: string
  /** As RFC 3339. */
  readonly rfc3339: string

  constructor(text: string, rfc3339: string) {
    this.text = text
    this.rfc3339 = rfc3339
  }
}

export function newTree(): Tree {
  // An object made without a prototype has no keys: it is a Tree.
  return Object.create(null) as Tree
}

export function isTree(value: Value | undefined): value is Tree {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Float) &&
    !(value instanceof Timestamp)
  )
}

export function treeOf(entries: Iterable<readonly [string, Value]>): Tree {
  const tree = newTree()
  for (const [key, value] of entries) tree[key] = value
  return tree
}

/** A copy that shares nothing that could change. */
export function clone<T extends Value>(value: T): T
export function clone(value: Value): Value {
  if (Array.isArray(value)) return value.map(item => clone(item))
  if (!isTree(value)) return value
  const copy = newTree()
  for (const key in value) copy[key] = clone(value[key] ?? null)
  return copy
}
