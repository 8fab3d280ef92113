// Where a container's output goes: a row for each logging driver. All that keep it do so in one file, which conmon writes.
import { ComposeError } from '../../../shared/errors.ts'
import { deliveryOptions, logOptions } from '../../../shared/log-options.ts'
import { nearest } from '../../../shared/nearest.ts'
import { logPathOf } from './attachments.ts'

export interface LogDriver {
  /** What conmon writes, for a container with this folder. */
  file(folder: string): string
  /** Whether logs and attach can show what was written. */
  readable: boolean
  /** Its options, as Docker Engine's driver of the name has them; undefined: it takes any. */
  options: readonly string[] | undefined
  /** How much is kept where the options don't say. */
  limits?: LogLimits
}

/** A log is begun anew when it has more than `size` bytes; so many files are kept in all. */
export interface LogLimits {
  size: number
  files: number
}

export type LogOptions = Readonly<Record<string, string>>

const limiting = ['max-size', 'max-file']

const drivers: Record<string, LogDriver> = {
  'json-file': {
    file: logPathOf,
    readable: true,
    options: logOptions['json-file'],
  },
  local: {
    file: logPathOf,
    readable: true,
    options: logOptions.local,
    limits: { size: 20_000_000, files: 5 },
  },
  none: { file: () => '/dev/null', readable: false, options: undefined },
}

export const defaultLogDriver = 'json-file'

/** Throws for a driver that has no row. */
export function logDriver(wanted: string | undefined): LogDriver {
  const name = wanted || defaultLogDriver
  const driver = Object.hasOwn(drivers, name) ? drivers[name] : undefined
  if (driver) return driver
  const names = Object.keys(drivers)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ')
  throw new ComposeError(
    'invalid_argument',
    `error looking up logging plugin ${name}: plugin "${name}" not found: this engine has ${names}`,
  )
}

/** Throws for an option that the driver doesn't have, and for a value that can't be read. */
export function checkLogOptions(name: string | undefined, options: LogOptions): void {
  const { options: known } = logDriver(name)
  const unknown = Object.keys(options).find(option => known && ![...known, ...deliveryOptions].includes(option))
  if (unknown !== undefined) {
    const meant = nearest(unknown, known ?? [])
    const hint = meant === undefined ? '' : `: did you mean ${meant}?`
    throw new ComposeError(
      'invalid_argument',
      `unknown log opt '${unknown}' for ${name || defaultLogDriver} log driver${hint}`,
    )
  }
  logLimits(name, options)
}

/** Undefined: the log grows as it may. */
export function logLimits(name: string | undefined, options: LogOptions = {}): LogLimits | undefined {
  const { readable, limits } = logDriver(name)
  const { 'max-size': size, 'max-file': files } = options
  if (!readable) return undefined
  const count = files === undefined ? undefined : Number(files)
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1))
    throw refused(`max-file ${JSON.stringify(files)}: a number of files, from 1 on`)
  // Docker Engine's words for no limit.
  if (size === '-1') return undefined
  if (size === undefined) return limits && { ...limits, files: count ?? limits.files }
  return { size: sizeOf(size), files: count ?? limits?.files ?? 1 }
}

/** Decimal, as docker/go-units reads it: `10m` is 10,000,000. */
function sizeOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text.trim()) ?? []
  const size = Math.floor(Number(digits) * 1000 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '))
  if (!(size > 0)) throw refused(`max-size ${JSON.stringify(text)}: such as 10m`)
  return size
}

const refused = (what: string) => new ComposeError('invalid_argument', `failed to initialize logging driver: ${what}`)

/** Options that are kept and shown, and do nothing. */
export const idleLogOptions = (driver: string | undefined, options: LogOptions = {}): string[] =>
  Object.entries(options).flatMap(([name, value]) => {
    const isIdle = !logDriver(driver).readable || !limiting.includes(name)
    return isIdle && !(name === 'compress' && value === 'false') && !(name === 'mode' && value === 'blocking')
      ? name
      : []
  })
