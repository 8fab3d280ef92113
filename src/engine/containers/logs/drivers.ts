// Where a container's output goes: a row for each logging driver. All that keep it do so in one file, which conmon writes.
import { ComposeError } from '../../../shared/errors.ts'
import { logPathOf } from './attachments.ts'

export interface LogDriver {
  /** What conmon writes, for a container with this folder. */
  file(folder: string): string
  /** Whether logs and attach can show what was written. */
  readable: boolean
  /** Of `max-size` and the like those that have their effect. */
  options: readonly string[]
}

const kept: LogDriver = { file: logPathOf, readable: true, options: [] }

const drivers: Record<string, LogDriver> = {
  'json-file': kept,
  local: kept,
  none: { file: () => '/dev/null', readable: false, options: [] },
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

/** Options that are kept and shown, and do nothing. */
export const idleLogOptions = (driver: string | undefined, options: Readonly<Record<string, string>> = {}): string[] =>
  Object.keys(options).filter(name => !logDriver(driver).options.includes(name))
