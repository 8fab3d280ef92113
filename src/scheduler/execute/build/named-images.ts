// The images that a Dockerfile names, so that credentials for their registries can be sent along. Only a look: what it
// can't tell (a variable, an address) is left out, and the build says what it could not pull.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { referenceOf } from '../../../shared/image-reference.ts'
import type { BuildDraft } from '../../border/build-draft.ts'
import { readCacheEntries } from './cache-entries.ts'

export async function namedImages({
  context,
  dockerfile = 'Dockerfile',
  dockerfileInline,
  args,
  contexts,
  cacheFrom,
  cacheTo,
}: BuildDraft): Promise<string[]> {
  const cache = readCacheEntries({ cacheFrom, cacheTo })
  const text = dockerfileInline ?? (await readFile(resolve(context, dockerfile), 'utf8').catch(() => ''))
  const defaults = Object.fromEntries(
    [...text.matchAll(/^\s*ARG\s+(\w+)=["']?([^\s"']*)/gim)].map(([, name = '', value = '']) => [name, value]),
  )
  const expand = (word: string) =>
    word.replace(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (_, name: string, other = '') => args[name] ?? defaults[name] ?? other)
  const named = [
    ...[...text.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim)].map(([, word = '']) => expand(word)),
    ...[...text.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/gi)].map(([, word = '']) => word),
    ...Object.values(contexts).flatMap(value => /^docker-image:\/\/(.+)$/.exec(value)?.[1] ?? []),
    ...cache.from,
    ...cache.to.map(({ Ref }) => Ref),
  ]
  return [...new Set(named)].filter(text => referenceOf(text) !== undefined)
}
