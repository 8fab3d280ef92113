// The request side of the Engine API's document: for each operation its tag, its query parameters, the keys of its
// filters and the shape of its body. Written by scripts/api-types.ts, read by the engine before a handler runs.

export interface Schema {
  type?: string
  title?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  enum?: unknown[]
  additionalProperties?: Schema | boolean
  format?: string
  $ref?: string
  'x-nullable'?: boolean
}

export interface Operation {
  tags?: string[]
  parameters?: {
    name?: string
    in?: string
    type?: string
    description?: string
    default?: unknown
    required?: boolean
    schema?: Schema
  }[]
  responses?: Record<string, { schema?: Schema }>
}

export interface ApiDocument {
  definitions: Record<string, Schema>
  paths: Record<string, Record<string, Operation>>
}

/** Filter keys that the document's prose misses, as `label!`, which Docker Engine and its clients have. */
const moreFilters: Record<string, readonly string[]> = {
  'POST /build/prune': ['label', 'label!'],
  'POST /containers/prune': ['label!'],
  'POST /images/prune': ['label!'],
  'POST /networks/prune': ['label!'],
  'POST /volumes/prune': ['label!'],
}

export interface Described {
  tag: string
  query: Record<string, string>
  filters?: string[]
  body?: unknown
  bodyRequired?: boolean
}

export function operationsOf(api: ApiDocument): Map<string, Described> {
  const found = new Map<string, Described>()
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const key = `${method.toUpperCase()} ${path}`
      found.set(key, describe(key, operation))
    }
  }
  return found
}

function describe(key: string, { tags = [], parameters = [] }: Operation): Described {
  const query = Object.fromEntries(
    parameters.flatMap(({ name = '', in: where, type = 'string', default: value }) =>
      where === 'query' ? [[name, kindOf(key, name, type, value)]] : [],
    ),
  )
  const filters = parameters.find(({ name, in: where }) => where === 'query' && name === 'filters')
  const body = parameters.find(({ in: where, schema }) => where === 'body' && schema?.type !== 'string')
  return {
    tag: tags[0] ?? '',
    query,
    ...(filters ? { filters: [...filterKeys(filters.description ?? ''), ...(moreFilters[key] ?? [])] } : {}),
    ...(body?.schema ? { body: shapeOf(body.schema), ...(body.required ? { bodyRequired: true } : {}) } : {}),
  }
}

/** Times are what Docker Engine takes for `since` and `until`: seconds with a fraction, dates and durations. */
function kindOf(key: string, name: string, type: string, value: unknown): string {
  if (name === 'filters') return 'filters'
  if (name === 'since' || name === 'until') return 'time'
  // The document says string; Docker Engine reads them as it reads all switches.
  if (key === 'PUT /containers/{id}/archive' && name !== 'path') return 'boolean'
  // So here: the docker CLI sends each -c as one of its own.
  if (key === 'POST /commit' && name === 'changes') return 'array'
  // Several names, says its text.
  if (key === 'POST /build' && name === 't') return 'array'
  if (type === 'boolean' && value === true) return 'on'
  return type
}

/** A list item of the prose begins with the key: "- `label=<key>`", "- `dangling=<boolean>`", "- `is-task=`(…)". */
function filterKeys(description: string): string[] {
  const keys = [...description.matchAll(/^\s*- `?([a-z-]+)(?:=|`|:)/gm)].map(([, key = '']) => key)
  return [...new Set(keys)].sort()
}

/** What can be checked of a schema, and nothing else. */
export function shapeOf(schema: Schema): unknown {
  if (schema.$ref) return { ref: schema.$ref.replace('#/definitions/', '') }
  // One part only lends its description.
  const [only, ...more] = schema.allOf ?? []
  if (only) return more.length === 0 ? shapeOf(only) : { all: [only, ...more].map(shapeOf) }
  if (schema.properties) {
    const entries = Object.entries(schema.properties).map(([name, property]) => [name, shapeOf(property)])
    return { type: 'object', properties: Object.fromEntries(entries) }
  }
  switch (schema.type) {
    case 'array':
      return { type: 'array', items: shapeOf(schema.items ?? {}) }
    case 'object': {
      const values = schema.additionalProperties
      return typeof values === 'object' ? { type: 'map', values: shapeOf(values) } : { type: 'object', properties: {} }
    }
    case 'integer':
      return { type: 'integer' }
    case 'string':
    case 'boolean':
    case 'number':
      return { type: schema.type }
    default:
      return {}
  }
}

/** The definitions that these shapes reach. */
export function reachable(shapes: readonly unknown[], api: ApiDocument): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  const visit = (shape: unknown): void => {
    if (typeof shape !== 'object' || shape === null) return
    if ('ref' in shape && typeof shape.ref === 'string' && !(shape.ref in found)) {
      found[shape.ref] = shapeOf(api.definitions[shape.ref] ?? {})
      visit(found[shape.ref])
    }
    for (const value of Object.values(shape)) visit(value)
  }
  for (const shape of shapes) visit(shape)
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}
