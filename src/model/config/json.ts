// JSON as Go writes it: maps sorted, and `<`, `>` and `&` escaped.

import { ComposeError } from '../../shared/errors.ts'
import { Float, Timestamp } from '../../shared/yaml/tree.ts'
import { type Output, Sorted } from '../attributes/kinds/kind.ts'

/** `indent` is for each level; without it everything is one line. */
export function writeJson(output: Output, indent = '', prefix = ''): string {
  if (output === null) return 'null'
  if (typeof output === 'string') return quote(output)
  if (output instanceof Float) {
    if (Number.isFinite(output.value)) return goNumber(output.value)
    throw new ComposeError(
      'invalid_argument',
      `json: unsupported value: ${output.value > 0 ? '+Inf' : output.value < 0 ? '-Inf' : 'NaN'}`,
    )
  }
  if (output instanceof Timestamp) return quote(output.rfc3339)
  if (typeof output !== 'object') return String(output)
  const inner = prefix + indent
  const separator = indent === '' ? ',' : `,\n${inner}`
  const [open, close] = indent === '' ? ['', ''] : [`\n${inner}`, `\n${prefix}`]
  if (Array.isArray(output)) {
    if (output.length === 0) return '[]'
    return `[${open}${output.map(item => writeJson(item, indent, inner)).join(separator)}${close}]`
  }
  const entries: [string, Output][] = output instanceof Map ? [...output] : Object.entries(output)
  if (!(output instanceof Map) || output instanceof Sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return '{}'
  const colon = indent === '' ? ':' : ': '
  const body = entries.map(([key, value]) => quote(key) + colon + writeJson(value, indent, inner))
  return `{${open}${body.join(separator)}${close}}`
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function goNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return String(value)
}
