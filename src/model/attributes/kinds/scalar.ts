// Kinds of single values: texts, flags, numbers, sizes, durations.

import { formatDuration, parseDuration } from '../../../shared/duration.ts'
import { Float, type Value } from '../../../shared/yaml/tree.ts'
import { castBoolean, castFloat, castInteger, goText, parseBytes, shortestFloat32 } from '../../values/scalar.ts'
import type { Kind, Output, Present, Problems } from './kind.ts'

/** A scalar whose zero is as good as not written. */
function scalar<T extends Output>(
  decode: (value: Value, at: string, problems: Problems) => T | undefined,
  isZero: (value: T) => boolean,
  print: (value: T) => Output = value => value,
): Kind<T> {
  const output = (value: T) => (isZero(value) ? undefined : print(value))
  return {
    absent: () => undefined,
    decode(value, at, problems) {
      const result = value === null ? undefined : decode(value, at, problems)
      return result === undefined || isZero(result) ? undefined : result
    },
    yaml: output,
    json: output,
  }
}

function decodeText(value: Value, at: string, problems: Problems): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return problems.mismatch(at, 'string', value)
}

function decodeBoolean(value: Value, at: string, problems: Problems): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string')
    return problems.attempt(at, () => castBoolean(value, sentence => problems.warn(sentence, at)))
  return problems.mismatch(at, 'bool', value)
}

function decodeInteger(value: Value, at: string, problems: Problems): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  if (value instanceof Float) return Math.trunc(value.value)
  if (typeof value === 'string') return problems.attempt(at, () => Number(castInteger(value, 'strconv.ParseInt')))
  return problems.mismatch(at, 'int', value)
}

function decodeUnsigned(type: 'uint16' | 'uint32' | 'uint64') {
  return (value: Value, at: string, problems: Problems): number | undefined => {
    const number = value instanceof Float ? Math.trunc(value.value) : value
    if (typeof number !== 'number' && typeof number !== 'bigint') return problems.mismatch(at, type, value)
    if (number >= 0) return Number(number)
    problems.sentences.push(`'${at}' cannot parse value as '${type}': ${number} overflows uint`)
    return undefined
  }
}

function decodeFloat(value: Value, at: string, problems: Problems): number | undefined {
  if (value instanceof Float) return value.value
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  if (typeof value === 'string') return problems.attempt(at, () => castFloat(value).value)
  return problems.mismatch(at, 'float32', value)
}

function decodeBytes(value: Value, at: string, problems: Problems): number | undefined {
  if (typeof value === 'string') return problems.attempt(at, () => parseBytes(value))
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

/** Durations are nanoseconds. */
function decodeDuration(value: Value, at: string, problems: Problems): number | undefined {
  return problems.attempt(at, () => parseDuration(goText(value)))
}

const isZeroNumber = (value: number) => value === 0
const printFloat32 = (value: number) => new Float(shortestFloat32(value))

export const text = scalar(decodeText, value => value === '')
export const flag = scalar(decodeBoolean, value => !value)
export const integer = scalar(decodeInteger, isZeroNumber)
export const unsigned16 = scalar(decodeUnsigned('uint16'), isZeroNumber)
export const unsigned32 = scalar(decodeUnsigned('uint32'), isZeroNumber)
export const unsigned64 = scalar(decodeUnsigned('uint64'), isZeroNumber)
export const float32 = scalar(decodeFloat, isZeroNumber, printFloat32)
export const bytes = scalar(decodeBytes, isZeroNumber, String)
export const duration = scalar(decodeDuration, isZeroNumber, formatDuration)

/** A scalar for which zero is not the same as nothing. */
function optional<T extends Output>(
  decode: (value: Value, at: string, problems: Problems) => T | undefined,
  print: (value: T) => Output = value => value,
): Kind<T> {
  return {
    absent: () => undefined,
    decode: (value, at, problems) => (value === null ? undefined : decode(value, at, problems)),
    yaml: print,
    json: print,
  }
}

export const optionalFlag = optional(decodeBoolean)
export const optionalInteger = optional(decodeInteger)
export const optionalUnsigned = optional(decodeUnsigned('uint64'))
export const optionalDuration = optional(decodeDuration, formatDuration)

/** True unless false was written; true is not printed. */
export const unlessFalse: Kind<boolean> = {
  absent: () => undefined,
  decode: (value, at, problems) => (value === null ? undefined : decodeBoolean(value, at, problems)),
  yaml: value => (value ? undefined : false),
  json: value => (value ? undefined : false),
}

/** The same kind for a property that is always there: its zero is in the Project, but not printed. */
export function always<T>(kind: Kind<T>, zero: T): Present<T> {
  return { ...kind, isPresent: true, absent: () => zero }
}

/** The same, and printed as well. */
export function shown<T>(kind: Kind<T>, zero: T, print: (value: T) => Output): Present<T> {
  return { ...kind, isPresent: true, absent: () => zero, yaml: print, json: print }
}
