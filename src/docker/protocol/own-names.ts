// Shapes of the Engine API with our names, for what is kept: PascalCase on the wire, camelCase in records. The API's
// document says which keys are names; those of maps (labels, ports, options) are their writers' and stay.
import type { Shape } from './contract.ts'
import { definitions } from './operations.ts'

/** Names that begin with more than one capital. */
const acronyms = {
  CDI: 'cdi',
  IOMaximumBandwidth: 'ioMaximumBandwidth',
  IOMaximumIOps: 'ioMaximumIOps',
  IPAMConfig: 'ipamConfig',
  IPRange: 'ipRange',
  IPv4Address: 'ipv4Address',
  IPv6Address: 'ipv6Address',
  UTSMode: 'utsMode',
} as const

export type OwnName<Name> = Name extends keyof typeof acronyms
  ? (typeof acronyms)[Name]
  : Name extends string
    ? Uncapitalize<Name>
    : Name

/** A shape of the document with the names that it has in a record. */
export type Own<T> = T extends readonly (infer Item)[]
  ? Own<Item>[]
  : T extends object
    ? string extends keyof T
      ? { [K in keyof T]: Own<T[K]> }
      : { [K in keyof T as OwnName<K>]: Own<T[K]> }
    : T

/** `shape` is the document's, or its name there; what the document does not have is left out. */
export function toOwn<T>(value: T, shape: string | Shape): Own<T> {
  const known = typeof shape === 'string' ? { ref: shape } : shape
  return renamed(value, known, wire => wire, ownName) as Own<T> // each name of the shape is exchanged
}

/** Back, for an answer. */
export function toWire<T>(value: Own<T>, name: string): T {
  return renamed(value, { ref: name }, ownName, wire => wire) as T // the other way round
}

const ownName = (name: string): string =>
  Object.entries(acronyms).find(([wire]) => wire === name)?.[1] ?? name.charAt(0).toLowerCase() + name.slice(1)

/** `from` and `to` give a property's name in the value and in the result, from its name in the document. */
function renamed(value: unknown, shape: Shape, from: (name: string) => string, to: (name: string) => string): unknown {
  if ('ref' in shape) return renamed(value, definitions[shape.ref] ?? {}, from, to)
  if (typeof value !== 'object' || value === null) return value
  if (!('all' in shape) && shape.type === 'array')
    return Array.isArray(value) ? value.map(item => renamed(item, shape.items, from, to)) : value
  const entries = Object.entries(value)
  if (!('all' in shape) && shape.type === 'map')
    return Object.fromEntries(entries.map(([key, item]) => [key, renamed(item, shape.values, from, to)]))
  const properties = Object.entries(propertiesOf(shape))
  if (properties.length === 0) return value
  const known = new Map(entries)
  return Object.fromEntries(
    properties.flatMap(([name, property]) =>
      known.has(from(name)) ? [[to(name), renamed(known.get(from(name)), property, from, to)]] : [],
    ),
  )
}

/** An `allOf` is the object of all its parts' properties. */
export function propertiesOf(shape: Shape): Readonly<Record<string, Shape>> {
  if ('ref' in shape) return propertiesOf(definitions[shape.ref] ?? {})
  if ('all' in shape) return Object.assign({}, ...shape.all.map(propertiesOf))
  return shape.type === 'object' ? shape.properties : {}
}
