// The `filters` parameter: a JSON object of lists, or of maps to true as older clients write it. A resource has one
// row for each key that its operation has; the compiler and the contract see that none is missing.
import type { Filters } from '../../docker/protocol/contract.ts'
import { ComposeError } from '../../shared/errors.ts'
import { moment } from '../../shared/moment.ts'

export function parseFilters(text: string | null, known: readonly string[]): Filters {
  if (!text) return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new ComposeError('invalid_argument', 'invalid filter: not JSON', { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ComposeError('invalid_argument', 'invalid filter: not an object of lists')
  const filters: Record<string, string[]> = {}
  for (const [name, value] of Object.entries(parsed)) {
    if (!known.includes(name)) throw new ComposeError('invalid_argument', `invalid filter '${name}'`)
    const values = valuesOf(name, value)
    if (values.length > 0) filters[name] = values
  }
  return filters
}

function valuesOf(name: string, value: unknown): string[] {
  const values = Array.isArray(value)
    ? value
    : typeof value === 'object' && value !== null
      ? Object.keys(value)
      : [value]
  const texts = values.filter(item => typeof item === 'string')
  if (texts.length < values.length || typeof value === 'string')
    throw new ComposeError('invalid_argument', `invalid filter '${name}': a list of texts is expected`)
  return texts
}

/** What the values asked for with a key say about one object. Made once, so that a wrong value is refused at once. */
export type FilterRow<T> = (values: readonly string[], key: string) => (object: T) => boolean

/** True for objects that all the keys admit. A key of the operation without a row does not compile. */
export function matcher<T, Key extends string>(
  rows: { readonly [K in Key]: FilterRow<T> },
  filters: Filters<Key>,
): (object: T) => boolean {
  const tests = Object.entries<FilterRow<T>>(rows).flatMap(([key, row]) => {
    // Any key may be asked for: what isn't there is undefined.
    const values = (filters as Filters)[key]
    return values === undefined ? [] : [row(values, key)]
  })
  return object => tests.every(test => test(object))
}

/** One of the values must fit. */
export function any<T>(fits: (object: T, value: string) => boolean): FilterRow<T> {
  return values => object => values.some(value => fits(object, value))
}

/** One of the values must fit after it was read, which may refuse it. */
export function anyRead<T, V>(read: (value: string) => V, fits: (object: T, value: V) => boolean): FilterRow<T> {
  return values => {
    const wanted = values.map(read)
    return object => wanted.some(value => fits(object, value))
  }
}

/** `key` or `key=value`; all of them must hold. */
export function labels<T>(labelsOf: (object: T) => Readonly<Record<string, string>>): FilterRow<T> {
  return values => object => values.every(text => hasLabel(labelsOf(object), text))
}

/** The key `label!`: an object with all of them is kept. */
export function withoutLabels<T>(labelsOf: (object: T) => Readonly<Record<string, string>>): FilterRow<T> {
  return values => object => !values.every(text => hasLabel(labelsOf(object), text))
}

function hasLabel(own: Readonly<Record<string, string>>, text: string): boolean {
  const at = text.indexOf('=')
  return at < 0 ? Object.hasOwn(own, text) : own[text.slice(0, at)] === text.slice(at + 1)
}

/** Made before a moment: a date, seconds since 1970, or a duration that counts back. `createdOf` is RFC 3339. */
export function until<T>(createdOf: (object: T) => string): FilterRow<T> {
  return ([text = '', ...more]) => {
    if (more.length > 0) throw new ComposeError('invalid_argument', 'more than one until filter specified')
    const limit = moment(text)
    return object => moment(createdOf(object)) < limit
  }
}

/** `true`, `1`, `false` or `0`, once. */
export function yesOrNo<T>(holds: (object: T) => boolean): FilterRow<T> {
  return (values, key) => {
    const [first = ''] = values
    const wanted = ['true', '1'].includes(first) ? true : ['false', '0'].includes(first) ? false : undefined
    if (wanted === undefined || values.length > 1)
      throw new ComposeError('invalid_argument', `invalid filter '${key}=[${values.join(' ')}]'`)
    return object => holds(object) === wanted
  }
}

/** Values that mean something to a Docker on Windows or in a swarm only: nothing here has them. */
export function never<T>(allowed: readonly string[] = []): FilterRow<T> {
  return (values, key) => {
    const wrong = allowed.length > 0 && values.find(value => !allowed.includes(value))
    if (wrong) throw new ComposeError('invalid_argument', `invalid filter '${key}=[${values.join(' ')}]'`)
    return () => false
  }
}
