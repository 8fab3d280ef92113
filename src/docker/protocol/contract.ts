// The shapes by which a request is read before a handler sees it, and the types that come of them. The constants are
// in operations.ts (the Engine API's document) and extensions.ts (ours).

/** A JSON value as the document describes it. No `type`: anything. */
export type Shape =
  | { readonly ref: string }
  | { readonly all: readonly Shape[] }
  | { readonly type: 'string' | 'boolean' | 'integer' | 'number' }
  | { readonly type: 'array'; readonly items: Shape }
  | { readonly type: 'map'; readonly values: Shape }
  | { readonly type: 'object'; readonly properties: Readonly<Record<string, Shape>> }
  | { readonly type?: undefined }

/** `on` is a switch that is on when nothing is said; `time` seconds with a fraction, a date or a duration. */
export type QueryKind = 'string' | 'boolean' | 'on' | 'integer' | 'array' | 'time' | 'filters'

export interface Operation {
  readonly tag: string
  readonly query: Readonly<Record<string, QueryKind>>
  /** The keys that the parameter `filters` may have. */
  readonly filters?: readonly string[]
  readonly body?: Shape
  /** Without a body the request means nothing. */
  readonly bodyRequired?: boolean
}

/** Values that are asked for by key; without any the key is absent. */
export type Filters<Key extends string = string> = { readonly [K in Key]?: readonly string[] }

interface QueryValues {
  string: string | undefined
  boolean: boolean
  on: boolean
  integer: number | undefined
  array: readonly string[]
  /** Nanoseconds since 1970. */
  time: bigint | undefined
}

type FilterKey<Op> = Op extends { readonly filters: readonly (infer Key extends string)[] } ? Key : never

/** An operation's query parameters after they were read: an empty text counts as absent. */
export type QueryOf<Op extends Operation> = {
  readonly [Name in keyof Op['query']]: Op['query'][Name] extends keyof QueryValues
    ? QueryValues[Op['query'][Name]]
    : Filters<FilterKey<Op>>
}
