// What a pull or a push of an image tells, as docker prints it where nothing is drawn: each step of a layer once.
import type { Readable } from 'node:stream'
import { warn } from '../../cli/warn.ts'
import { followProgress } from '../../docker/protocol/json-lines.ts'
import { pushedInstead } from '../../docker/protocol/pushed-instead.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, type Reference } from '../../shared/image-reference.ts'

export async function showTransfer(stream: Readable, quiet: boolean): Promise<void> {
  await followProgress(stream, ({ id, status, progressDetail, aux }) => {
    const instead = pushedInstead(aux)
    if (instead !== undefined) warn(instead)
    const isAmount = progressDetail?.current !== undefined
    if (!quiet && status && !isAmount) process.stdout.write(id ? `${id}: ${status}\n` : `${status}\n`)
  })
}

/** With its registry, which is what -q says. */
export const fullName = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`

/** The tag that a name without one has; undefined with --all-tags, where the name must have none. */
export function tagged(reference: Reference, allTags: boolean): Reference {
  const { tag, digest } = reference
  if (allTags) {
    if (tag !== undefined || digest !== undefined)
      throw new ComposeError('invalid_argument', "tag can't be used with --all-tags/-a")
    return reference
  }
  return tag === undefined && digest === undefined ? { ...reference, tag: 'latest' } : reference
}

/** As the client's calls take it. */
export const nameOf = (reference: Reference): string =>
  `${familiarName(reference)}${reference.tag === undefined ? '' : `:${reference.tag}`}${
    reference.digest === undefined ? '' : `@${reference.digest}`
  }`
