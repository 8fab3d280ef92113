// Maps from names that a file gives.

/** Without a prototype, so that `__proto__` is a name like any other. */
export function newRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T> // an object without keys is a record of anything
}
