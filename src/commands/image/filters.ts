// `--filter key=value`, several of them.
import type { Filters } from '../../docker/client/docker.ts'
import { ComposeError } from '../../shared/errors.ts'

export function readFilters(words: readonly string[]): Filters {
  const filters: Filters = {}
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1)
      throw new ComposeError(
        'invalid_argument',
        `invalid argument "${word}" for "-f, --filter" flag: bad format of filter (expected name=value)`,
      )
    const key = word.slice(0, at)
    filters[key] = [...(filters[key] ?? []), word.slice(at + 1)]
  }
  return filters
}
