// cache_from and cache_to: what our engine knows of them. Caches that only BuildKit can read or write are told of by name.
import type { WantedBuild } from '../../../docker/protocol/extensions.ts'
import type { BuildDraft } from '../../border/build-draft.ts'

export interface CacheEntries {
  from: string[]
  to: NonNullable<WantedBuild['CacheTo']>
  inline: boolean
  warnings: string[]
}

export function readCacheEntries({ cacheFrom, cacheTo }: Pick<BuildDraft, 'cacheFrom' | 'cacheTo'>): CacheEntries {
  const entries: CacheEntries = { from: [], to: [], inline: false, warnings: [] }
  const warn = (attribute: string, entry: string, why: string) =>
    entries.warnings.push(`build.${attribute} ${entry}: ${why}`)
  const unknown = (attribute: string, entry: string, fields: Map<string, string>, known: readonly string[]) => {
    const names = [...fields.keys()].filter(name => !known.includes(name))
    if (names.length > 0) warn(attribute, entry, `${names.join(', ')} has no effect on this engine`)
  }
  for (const entry of cacheFrom) {
    const fields = fieldsOf(entry)
    const ref = fields.get('ref')
    unknown('cache_from', entry, fields, ['type', 'ref'])
    if (fields.get('type') === 'registry' && ref) entries.from.push(ref)
    else warn('cache_from', entry, `only type=registry,ref=… is read by this engine`)
  }
  for (const entry of cacheTo) {
    const fields = fieldsOf(entry)
    const [type, ref, mode = 'min'] = ['type', 'ref', 'mode'].map(name => fields.get(name))
    if (type === 'inline') {
      unknown('cache_to', entry, fields, ['type', 'mode'])
      // As BuildKit does: the steps of other stages have no place in an image.
      if (mode !== 'min')
        warn('cache_to', entry, 'an inline cache has the steps of the image alone, whatever mode says')
      entries.inline = true
    } else if (type === 'registry' && ref && (mode === 'min' || mode === 'max')) {
      unknown('cache_to', entry, fields, ['type', 'ref', 'mode', 'ignore-error'])
      entries.to.push({ Ref: ref, Mode: mode, IgnoreError: fields.get('ignore-error') === 'true' })
    } else warn('cache_to', entry, `only type=inline and type=registry,ref=…[,mode=min|max] are written by this engine`)
  }
  return entries
}

/** A name alone is an image's; `inline` alone is a type. */
function fieldsOf(entry: string): Map<string, string> {
  if (entry === 'inline') return new Map([['type', 'inline']])
  if (!entry.includes('='))
    return new Map([
      ['type', 'registry'],
      ['ref', entry],
    ])
  return new Map(
    entry.split(',').map(field => {
      const [name = '', ...value] = field.split('=')
      return [name.trim().toLowerCase(), value.join('=')]
    }),
  )
}
