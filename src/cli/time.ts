// Moments of --since and --until in the form the engine takes: seconds since 1970.
import { ComposeError } from '../shared/errors.ts'

const unitSeconds: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

/** A date, seconds since 1970, or a duration that counts back from now such as 1h30m. */
export function engineTime(flag: string, text: string, now = Date.now()): string {
  if (/^\d+(\.\d+)?$/.test(text)) return text
  if (/^([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)]
    const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitSeconds[unit ?? 's'] ?? 1), 0)
    return (now / 1000 - seconds).toFixed(9)
  }
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(date))
    throw new ComposeError(
      'invalid_argument',
      `invalid value for "${flag}": failed to parse value as time or duration: "${text}"`,
    )
  return (date / 1000).toFixed(9)
}
