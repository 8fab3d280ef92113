// A request's body as its operation describes it: what is of another type is refused with the path of the field, in
// Docker Engine's sentence; null is as if it were not there. Fields that the API document doesn't have are left out,
// as it says itself.
import type { Shape } from '../../docker/protocol/contract.ts'
import { definitions } from '../../docker/protocol/operations.ts'
import { propertiesOf } from '../../docker/protocol/own-names.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'

/** Throws invalid_argument. An empty text is refused where a body is `required`, else an empty object. */
export function readBody(text: string, shape: Shape, required: boolean): unknown {
  if (text.trim() === '') {
    if (required) throw invalid('got EOF while reading request body')
    return {}
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(messageOf(cause), cause)
  }
  return checked(value, shape, '') ?? {}
}

/** The value without its nulls; undefined for null. */
function checked(value: unknown, shape: Shape, path: string): unknown {
  if (value === null || value === undefined) return undefined
  if ('ref' in shape) return checked(value, definitionOf(shape.ref), path)
  if ('all' in shape) return checked(value, { type: 'object', properties: propertiesOf(shape) }, path)
  switch (shape.type) {
    case 'string':
    case 'boolean':
      return typeof value === shape.type ? value : mismatch(value, shape, path)
    case 'number':
      return typeof value === 'number' ? value : mismatch(value, shape, path)
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? value : mismatch(value, shape, path)
    case 'array':
      if (typeof value === 'string' && commandLines.test(path)) return [value]
      return Array.isArray(value)
        ? value.map((item, index) => checked(item, shape.items, `${path}[${index}]`)).filter(item => item !== undefined)
        : mismatch(value, shape, path)
    case 'map':
      return isObject(value) ? mapped(value, shape.values, path) : mismatch(value, shape, path)
    case 'object':
      return isObject(value) ? fields(value, shape.properties, path) : mismatch(value, shape, path)
    default:
      return value
  }
}

/** Docker Engine takes one word for a list of one where it is a command (its type strslice). */
const commandLines = /(?:^|\.)(?:Cmd|Entrypoint|CapAdd|CapDrop)$/

function definitionOf(name: string): Shape {
  return definitions[name] ?? {}
}

function fields(value: object, properties: Readonly<Record<string, Shape>>, path: string): object {
  const result: Record<string, unknown> = {}
  for (const [given, item] of Object.entries(value)) {
    const name = nameOf(given, properties)
    const shape = name === undefined ? undefined : properties[name]
    if (name === undefined || shape === undefined) continue
    const read = checked(item, shape, path === '' ? name : `${path}.${name}`)
    if (read !== undefined) result[name] = read
  }
  return result
}

/** Go's JSON takes names in any case. */
function nameOf(given: string, properties: Readonly<Record<string, Shape>>): string | undefined {
  if (Object.hasOwn(properties, given)) return given
  const lower = given.toLowerCase()
  return Object.keys(properties).find(name => name.toLowerCase() === lower)
}

function mapped(value: object, shape: Shape, path: string): object {
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const read = checked(item, shape, `${path}.${key}`)
    // Docker Engine reads a null in a map as the type's zero: an empty list, an empty text.
    Object.defineProperty(result, key, {
      value: read ?? zeroOf(shape),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return result
}

function zeroOf(shape: Shape): unknown {
  if ('ref' in shape) return zeroOf(definitionOf(shape.ref))
  if ('all' in shape) return {}
  const zeros = { string: '', boolean: false, integer: 0, number: 0, array: [], map: {}, object: {} }
  return shape.type === undefined ? {} : zeros[shape.type]
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function mismatch(value: unknown, shape: Shape, path: string): never {
  const where = path === '' ? 'value' : `struct field ${path}`
  throw invalid(`json: cannot unmarshal ${kindOf(value)} into Go ${where} of type ${goType(shape)}`)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value !== 'number') return typeof value
  return Number.isInteger(value) ? 'number' : `number ${value}`
}

function goType(shape: Shape): string {
  if ('ref' in shape) {
    const definition = definitionOf(shape.ref)
    return 'type' in definition && definition.type !== 'object' ? goType(definition) : shape.ref
  }
  if ('all' in shape) return 'struct'
  switch (shape.type) {
    case 'boolean':
      return 'bool'
    case 'integer':
      return 'int64'
    case 'number':
      return 'float64'
    case 'array':
      return `[]${goType(shape.items)}`
    case 'map':
      return `map[string]${goType(shape.values)}`
    case 'object':
      return 'struct'
    default:
      return shape.type ?? 'interface {}'
  }
}

function invalid(problem: string, cause?: unknown): ComposeError {
  return new ComposeError('invalid_argument', `invalid JSON: ${problem}`, { cause })
}
