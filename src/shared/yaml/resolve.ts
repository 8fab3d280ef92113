// What a scalar without quotes means: YAML 1.2's core types, with YAML 1.1's octals and dates.
import { Float, Timestamp, type Value } from './tree.ts'

export type ScalarType = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'str'

const words = new Map<string, readonly [ScalarType, Value]>([
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, ['null', null]] as const),
  ...['true', 'True', 'TRUE'].map(word => [word, ['bool', true]] as const),
  ...['false', 'False', 'FALSE'].map(word => [word, ['bool', false]] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, ['float', new Float(Number.NaN)]] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    word => [word, ['float', new Float(Number.POSITIVE_INFINITY)]] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, ['float', new Float(Number.NEGATIVE_INFINITY)]] as const),
  ...['-0', '-0.0'].map(word => [word, ['float', new Float(-0)]] as const),
  ['<<', ['merge', '<<']],
])

export function resolvePlain(text: string): readonly [ScalarType, Value] {
  const code = text.charCodeAt(0)
  const numeric = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e
  if (!numeric && text.length > 5) return ['str', text]
  const word = words.get(text)
  if (word !== undefined) return word
  if (!numeric) return ['str', text]
  if (code !== 0x2e) {
    const date = parseTimestamp(text)
    if (date !== undefined) return ['timestamp', date]
    const int = parseInteger(text.replaceAll('_', ''))
    if (int !== undefined) return ['int', int]
  }
  const float = parseFloatText(code === 0x2e ? text : text.replaceAll('_', ''))
  return float === undefined ? ['str', text] : ['float', new Float(float)]
}

const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/

/** As Go's ParseInt with base 0: a leading zero makes an octal. */
function parseInteger(text: string): number | bigint | undefined {
  const match = integer.exec(text)
  if (match === null) return undefined
  const [, sign, hex, binary, octal, decimal] = match
  const digits = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : (decimal ?? '0')
  const small = Number(digits)
  if (Number.isSafeInteger(small)) return sign === '-' ? 0 - small : small
  const big = sign === '-' ? -BigInt(digits) : BigInt(digits)
  return big >= -(2n ** 63n) && big < 2n ** 64n && !(sign !== '' && big >= 2n ** 63n) ? big : undefined
}

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

function parseFloatText(text: string): number | undefined {
  if (!float.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const dateTime =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d)| (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?)$/

function parseTimestamp(text: string): Timestamp | undefined {
  if (text.charCodeAt(4) !== 0x2d || text.length < 8) return undefined
  const match = date.exec(text) ?? dateTime.exec(text)
  if (match === null) return undefined
  const part = (...groups: number[]) => groups.map(group => match[group]).find(found => found !== undefined) ?? '0'
  const two = (...groups: number[]) => part(...groups).padStart(2, '0')
  const [month, day, hour, minute, second] = [two(2), two(3), two(4, 9), two(5, 10), two(6, 11)]
  const days = new Date(Date.UTC(Number(match[1]), Number(month), 0)).getUTCDate()
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const fraction = (match[7] ?? match[12] ?? '').slice(0, 10).replace(/\.?0*$/, '')
  const zone = match[8] ?? 'Z'
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '')
  const day10 = `${match[1]}-${month}-${day}`
  const clock = `${hour}:${minute}:${second}${fraction}`
  const name = offset === '+0000' ? 'UTC' : offset
  return new Timestamp(`${day10} ${clock} ${offset} ${name}`, `${day10}T${clock}${offset === '+0000' ? 'Z' : zone}`)
}
