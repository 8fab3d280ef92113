// Texts that mean a number, a boolean, a size or a duration, and numbers as Go prints them.
import { ComposeError } from '../../shared/errors.ts'
import { Float, Timestamp, type Value } from '../../shared/yaml/tree.ts'

/** A decimal whole number. `parser` names it in the error, as people know it from Compose. */
export function castInteger(text: string, parser: 'strconv.Atoi' | 'strconv.ParseInt'): number | bigint {
  if (!/^[-+]?[0-9]+$/.test(text)) throw syntaxError(parser, text)
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number + 0
  const big = BigInt(text.replace(/^\+/, ''))
  if (big >= -(2n ** 63n) && big < 2n ** 63n) return big
  throw new ComposeError('invalid_argument', `${parser}: parsing ${JSON.stringify(text)}: value out of range`)
}

export function castFloat(text: string): Float {
  if (/^[-+]?(?:inf|infinity|nan)$/i.test(text)) {
    const sign = text.startsWith('-') ? -1 : 1
    return new Float(/nan/i.test(text) ? Number.NaN : sign * Number.POSITIVE_INFINITY)
  }
  const plain = text.replace(/(?<=[0-9])_(?=[0-9])/g, '')
  if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(plain))
    throw syntaxError('strconv.ParseFloat', text)
  return new Float(Number(plain))
}

export function castBoolean(text: string, warn: (sentence: string) => void): boolean {
  const word = text.toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true'
  const value = yaml11Booleans[word]
  if (value === undefined) throw new ComposeError('invalid_argument', `invalid boolean: ${text}`)
  warn(`${JSON.stringify(text)} for boolean is not supported by YAML 1.2, please use \`${value}\``)
  return value
}

const yaml11Booleans: Record<string, boolean | undefined> = {
  y: true,
  yes: true,
  on: true,
  n: false,
  no: false,
  off: false,
}

function syntaxError(parser: string, text: string): ComposeError {
  return new ComposeError('invalid_argument', `${parser}: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** Bytes of `1.5g`, `512mb`, `1 KiB`: units are powers of 1024. */
export function parseBytes(text: string): number {
  if (/^[-+]?[0-9]+$/.test(text)) return Number(text)
  const separator = Math.max(text.lastIndexOf('.'), ...[...'0123456789 '].map(char => text.lastIndexOf(char)))
  if (separator < 0) throw new ComposeError('invalid_argument', `invalid size: '${text}'`)
  const cut = text[separator] === ' ' ? separator : separator + 1
  const number = text.slice(0, cut)
  const suffix = text.slice(separator + 1).toLowerCase()
  const size = castFloat(number).value
  if (size < 0) throw new ComposeError('invalid_argument', `invalid size: '${text}'`)
  const scale = byteUnits[suffix]
  if (scale === undefined)
    throw new ComposeError('invalid_argument', `invalid suffix: '${suffix}'`, {
      hint: 'Units are b, k, m, g, t and p.',
    })
  return Math.trunc(size * scale)
}

const byteUnits: Record<string, number | undefined> = { '': 1, b: 1 }
for (const [index, letter] of ['k', 'm', 'g', 't', 'p'].entries()) {
  for (const form of [letter, `${letter}b`, `${letter}ib`]) byteUnits[form] = 1024 ** (index + 1)
}

/** As Go's `%v`. */
export function goText(value: Value): string {
  if (value === null) return '<nil>'
  if (value instanceof Float) return goFloat(value.value)
  if (value instanceof Timestamp) return value.text
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value === 'object') {
    const entries = Object.keys(value).sort()
    return `map[${entries.map(key => `${key}:${goText(value[key] ?? null)}`).join(' ')}]`
  }
  return String(value)
}

/** The name of the value's type in errors, which is Go's. */
export function goType(value: Value): string {
  if (value === null) return '<nil>'
  if (value instanceof Float) return 'float64'
  if (value instanceof Timestamp) return 'time.Time'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int'
}

/** The shortest text of a float that reads back, with an exponent from 1e+06 on and below 1e-04. */
export function goFloat(value: number, largest = 6): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (value === 0 || (exponent >= -4 && exponent < largest)) return plainDecimal(value, exponent)
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** toString() without its own exponents. */
function plainDecimal(value: number, exponent: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return value.toFixed(exponent < 0 ? Math.min(100, 20 - exponent) : 0).replace(/(\.[0-9]*?)0+$/, '$1')
}

/** The decimal with the fewest digits that is the same 32 bit float. */
export function shortestFloat32(value: number): number {
  if (!Number.isFinite(value)) return value
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}
