// Moments as since, until and their filters name them: seconds since 1970 with a fraction, a date, or a duration that
// counts back from now. In nanoseconds since 1970, which a number can't hold exactly.
import { goUnits, parseDuration } from './duration.ts'
import { ComposeError } from './errors.ts'

/** Docker Engine's forms (api/types/time); dates without a zone are local. Throws invalid_argument. */
export function moment(text: string, now = Date.now()): bigint {
  const seconds = /^(-?\d+)(?:\.(\d{1,9})\d*)?$/.exec(text)
  if (seconds) return BigInt(seconds[1] ?? 0) * 1_000_000_000n + BigInt((seconds[2] ?? '').padEnd(9, '0'))
  const date = /^(\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d(?::\d\d)?)?)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  if (date) {
    const [, day = '', fraction = '', zone = ''] = date
    const milliseconds = Date.parse(`${wholeTime(day)}${zone}`)
    if (!Number.isNaN(milliseconds)) return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
  }
  try {
    return BigInt(now) * 1_000_000n - BigInt(parseDuration(text, goUnits))
  } catch (cause) {
    const problem = `failed to parse value as time or duration: ${JSON.stringify(text)}`
    throw new ComposeError('invalid_argument', problem, { cause })
  }
}

/** `2026-01-02T03` to `2026-01-02T03:00:00`: a date alone would be read as one in UTC. */
function wholeTime(text: string): string {
  return text + 'T00:00:00'.slice(text.length - 10)
}

/** RFC 3339 with nine digits in UTC: such texts compare as the times do. */
export function rfc3339Nano(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const whole = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${whole}.${String(fraction).padStart(9, '0')}Z`
}

/** As the Engine API takes moments: `1700000000.500000000`. */
export function epochText(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}`
}
