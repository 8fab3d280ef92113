// A request's query as its operation describes it. Parameters that the API document doesn't have are left out, as it
// says itself.
import type { Operation, QueryKind } from '../../docker/protocol/contract.ts'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import { moment } from '../../shared/moment.ts'
import { parseFilters } from './filters.ts'

/** Throws invalid_argument, naming the parameter. The shape is `QueryOf` of the operation. */
export function readQuery(search: URLSearchParams, { query, filters = [] }: Operation): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, kind]) => {
      if (kind === 'filters') return [name, parseFilters(search.get(name), filters)]
      if (kind === 'array') return [name, search.getAll(name)]
      return [name, readOne(name, kind, search.get(name) ?? '')]
    }),
  )
}

function readOne(name: string, kind: Exclude<QueryKind, 'filters' | 'array'>, text: string): unknown {
  switch (kind) {
    case 'boolean':
      return isOn(text, false)
    case 'on':
      return isOn(text, true)
    case 'string':
      return text === '' ? undefined : text
    case 'integer':
      if (text === '') return undefined
      if (/^[+-]?\d+$/.test(text)) return Number(text)
      throw new ComposeError(
        'invalid_argument',
        `invalid query parameter '${name}': strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
      )
    case 'time':
      // Older clients write 0 for what they don't ask for.
      return text === '' || text === '0' ? undefined : timeOf(name, text)
  }
}

/** Docker Engine takes every word but these for yes. */
function isOn(text: string, absent: boolean): boolean {
  return text === '' ? absent : !['0', 'no', 'false', 'none'].includes(text.toLowerCase())
}

function timeOf(name: string, text: string): bigint {
  try {
    return moment(text)
  } catch (cause) {
    throw new ComposeError('invalid_argument', `invalid query parameter '${name}': ${messageOf(cause)}`, { cause })
  }
}
