// What has changed while nobody watched: files of this machine that are otherwise in a container, by content: two writes
// within a second have the same time there.
import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readdirSync, type Stats } from 'node:fs'
import { join, posix } from 'node:path'
import type { Docker } from '../../docker/client/docker.ts'
import { ComposeError } from '../../shared/errors.ts'
import { readTar } from '../../shared/tar/read.ts'
import type { WatchRule } from './rules.ts'
import type { SyncEntry } from './sync-archive.ts'

/** `made`: when the container was, in milliseconds. What it lacks and is older was not meant for it. */
export async function differences(
  docker: Docker,
  { id, made }: { id: string; made: number },
  rule: WatchRule,
  abortSignal: AbortSignal,
): Promise<SyncEntry[]> {
  const { target, initialSync = false } = rule.trigger
  if (target === undefined) return []
  const here = new Map([...filesOf(rule, rule.trigger.path)].map(file => [file.target, file]))
  const same = new Set<string>()
  const there = new Set<string>()
  const parent = posix.dirname(posix.normalize(target))
  try {
    const tar = await docker.getContainer(id).getArchive({ path: target, abortSignal })
    for await (const { entry, content } of readTar(tar)) {
      const path = posix.join(parent, entry.name)
      const own = here.get(path)
      if (!own || entry.type !== 'file') continue
      there.add(path)
      if (entry.size !== own.stats.size) continue
      if ((await digest(content())) === (await digest(createReadStream(own.path)))) same.add(path)
    }
  } catch (error) {
    if (!(error instanceof ComposeError && error.code === 'not_found')) throw error
  }
  return [...here.values()].filter(
    ({ target: path, stats }) => !same.has(path) && (there.has(path) || initialSync || stats.ctimeMs > made),
  )
}

function* filesOf(rule: WatchRule, path: string): Generator<SyncEntry & { stats: Stats }> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats || !rule.covers(path, stats.isDirectory())) return
  if (stats.isDirectory()) for (const name of readdirSync(path).sort()) yield* filesOf(rule, join(path, name))
  else if (stats.isFile()) {
    const target = rule.targetOf(path)
    if (target !== undefined) yield { path, target, stats }
  }
}

async function digest(source: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of source) hash.update(piece)
  return hash.digest('hex')
}
