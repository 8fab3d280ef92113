// Durations: texts such as `1m30s` or `1d12h` to nanoseconds and back.
import { ComposeError } from './errors.ts'

type Units = Readonly<Record<string, number>>

export const goUnits: Units = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

const composeUnits: Units = { ...goUnits, d: 24 * 3600e9, w: 7 * 24 * 3600e9 }

/** Nanoseconds. Compose files have days and weeks beyond Go's units. */
export function parseDuration(text: string, units: Units = composeUnits): number {
  const quoted = JSON.stringify(text)
  const match = /^([-+]?)([\s\S]*)$/.exec(text)
  const sign = match?.[1] === '-' ? -1 : 1
  let rest = match?.[2] ?? ''
  if (rest === '0') return 0
  if (rest === '') throw invalid(`invalid duration ${quoted}`)
  let total = 0
  while (rest !== '') {
    const number = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)/.exec(rest)?.[0]
    if (number === undefined) throw invalid(`invalid duration ${quoted}`)
    rest = rest.slice(number.length)
    const unit = /^[^0-9.]*/.exec(rest)?.[0] ?? ''
    if (unit === '') throw invalid(`missing unit in duration ${quoted}`)
    const scale = units[unit]
    if (scale === undefined) throw invalid(`unknown unit ${JSON.stringify(unit)} in duration ${quoted}`)
    total += scaled(number, scale)
    rest = rest.slice(unit.length)
  }
  if (total >= 2 ** 63) throw invalid(`invalid duration ${quoted}`)
  return total === 0 ? 0 : sign * total
}

/** Without the error of a float product: whole and fraction apart. */
function scaled(number: string, scale: number): number {
  const [whole = '0', fraction = ''] = number.split('.')
  const part = fraction === '' ? 0 : Math.trunc((Number(fraction) * scale) / 10 ** fraction.length)
  return Number(whole === '' ? '0' : whole) * scale + part
}

function invalid(sentence: string): ComposeError {
  return new ComposeError('invalid_argument', `time: ${sentence}`, {
    hint: 'A duration is numbers with units, such as 1m30s; units are us, ms, s, m, h, d and w.',
  })
}

/** As Go prints it: `1h0m0s`, `1.5s`, `100µs`, `0s`. */
export function formatDuration(nanoseconds: number): string {
  const sign = nanoseconds < 0 ? '-' : ''
  const value = Math.abs(nanoseconds)
  if (value === 0) return '0s'
  if (value < 1e3) return `${sign}${value}ns`
  if (value < 1e6) return `${sign}${fraction(value, 1e3)}µs`
  if (value < 1e9) return `${sign}${fraction(value, 1e6)}ms`
  const seconds = value % 60e9
  const minutes = Math.floor(value / 60e9)
  const hours = Math.floor(minutes / 60)
  let text = `${fraction(seconds, 1e9)}s`
  if (minutes > 0) text = `${minutes % 60}m${text}`
  if (hours > 0) text = `${hours}h${text}`
  return sign + text
}

function fraction(value: number, unit: number): string {
  const rest = value % unit
  if (rest === 0) return String(value / unit)
  const digits = String(rest)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return `${Math.floor(value / unit)}.${digits}`
}
