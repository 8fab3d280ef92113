// Moments of --since and --until in the form the engine takes: seconds since 1970.
import { ComposeError, messageOf } from '../shared/errors.ts'
import { epochText, moment } from '../shared/moment.ts'

/** A date, seconds since 1970, or a duration that counts back from now such as 1h30m. */
export function engineTime(flag: string, text: string): string {
  try {
    return epochText(moment(text))
  } catch (cause) {
    throw new ComposeError('invalid_argument', `invalid value for "${flag}": ${messageOf(cause)}`, { cause })
  }
}
