// What configs and secrets hold, as a label of the container that was made with them: Docker Compose's hash of a
// service does not tell when only that changes.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'

/** Bytes up to which a file is read; beyond, its size and time of change stand for what it holds. */
const readLimit = 1 << 20
/** Hexadecimal digits: enough to see a change, too few to find a long secret by. */
const length = 12

/** `config/site=0f3a… secret/key=77b0…`; empty: the service has neither, or none that can be read. */
export function fileDigests(project: Project, service: Service): string {
  const of = (kind: 'config' | 'secret') =>
    service[`${kind}s`].map(({ source }) => [`${kind}/${source}`, project[`${kind}s`][source]] as const)
  const digests = new Map<string, string>()
  for (const [name, from] of [...of('config'), ...of('secret')]) {
    const digest = from?.file === undefined ? hashOf(from?.content) : fileDigest(from.file)
    if (digest !== undefined) digests.set(name, digest)
  }
  return [...digests]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, digest]) => `${name}=${digest}`)
    .join(' ')
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

const hashOf = (content: string | Buffer | undefined) =>
  content === undefined ? undefined : createHash('sha256').update(content).digest('hex').slice(0, length)

/** Undefined: it is no file that we may read; the engine says what it thinks of that. */
function fileDigest(path: string): string | undefined {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return undefined
    return hashOf(stats.size > readLimit ? `${stats.size} ${stats.mtimeMs}` : readFileSync(path))
  } catch {
    return undefined
  }
}
