// The `filters` parameter: a JSON object of lists, or of maps to true as older clients write it.
import { ComposeError } from '../../shared/errors.ts'

export type Filters = ReadonlyMap<string, readonly string[]>

export function parseFilters(text: string | null, known: readonly string[]): Filters {
  const filters = new Map<string, string[]>()
  if (!text) return filters
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new ComposeError('invalid_argument', 'invalid filters: not JSON', { cause })
  }
  for (const [name, value] of Object.entries(parsed ?? {})) {
    if (!known.includes(name)) throw new ComposeError('invalid_argument', `invalid filter '${name}'`)
    filters.set(name, Array.isArray(value) ? value.map(String) : Object.keys(value ?? {}))
  }
  return filters
}

/** `key` or `key=value`; all of them must hold. */
export function labelsMatch(labels: Record<string, string>, wanted: readonly string[] | undefined): boolean {
  return (wanted ?? []).every(text => {
    const at = text.indexOf('=')
    return at < 0 ? text in labels : labels[text.slice(0, at)] === text.slice(at + 1)
  })
}

/** True when nothing is asked for, or one of the wanted values fits. */
export const anyOf = (wanted: readonly string[] | undefined, fits: (value: string) => boolean): boolean =>
  !wanted || wanted.length === 0 || wanted.some(fits)
