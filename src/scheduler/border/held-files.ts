// What configs and secrets hold, as a label of the container that was made with them: Docker Compose's hash of a
// service does not tell when only that changes.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { digestOf } from '../observe/file-digest.ts'

/** What `use_api_socket` adds: credentials, which may change by the hour and are no reason to make a container anew. */
export const apiSocketConfig = '#apisocket'

export interface HeldFile {
  /** `config/site`, `secret/key` */
  name: string
  from: { content: string } | { path: string }
}

/** The digest of a file; undefined: it can't be read. */
export type Digests = (path: string) => string | undefined

export function heldFiles(project: Project, service: Service): HeldFile[] {
  const of = (kind: 'config' | 'secret') =>
    service[`${kind}s`].map(({ source }) => [`${kind}/${source}`, project[`${kind}s`][source]] as const)
  return [...of('config'), ...of('secret')].flatMap(([name, held]): HeldFile[] => {
    if (name === `config/${apiSocketConfig}`) return []
    if (held?.file !== undefined) return [{ name, from: { path: held.file } }]
    return held?.content === undefined ? [] : [{ name, from: { content: held.content } }]
  })
}

/** Paths of this machine that services' configs and secrets are. */
export function heldPaths({ configs, secrets }: Project): string[] {
  return [...Object.values(configs), ...Object.values(secrets)].flatMap(({ file }) => file ?? [])
}

/** `config/site=0f3a… secret/key=77b0…`; empty: there is nothing, or nothing that can be read. */
export function heldLabel(files: readonly HeldFile[], digests: Digests): string {
  const told = files.flatMap(({ name, from }) => {
    const digest = 'path' in from ? digests(from.path) : digestOf(from.content)
    return digest === undefined ? [] : [`${name}=${digest}`]
  })
  return [...new Set(told)].sort().join(' ')
}

/** `secret key`: the first that holds something else now. */
export function changedFile(before: string, now: string): string | undefined {
  const known = parse(before)
  for (const [name, digest] of parse(now))
    if (known.has(name) && known.get(name) !== digest) return name.replace('/', ' ')
  return undefined
}

const parse = (label: string) =>
  new Map(
    label
      .split(' ')
      .filter(Boolean)
      .map(part => [part.slice(0, part.lastIndexOf('=')), part.slice(part.lastIndexOf('=') + 1)]),
  )
