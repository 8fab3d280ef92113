// Changes of files in batches: all of one save together. Watching costs an inotify watch per folder (inotify(7)).
import { existsSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { watch } from 'chokidar'
import { ComposeError } from '../../shared/errors.ts'
import type { WatchRule } from './rules.ts'

/** Milliseconds without another change that end a batch, and the most that a batch waits. */
const quiet = 20
const longest = 250

export interface Changes {
  /** Paths that have changed since the last batch: made, written, deleted. Ends when the signal is aborted. */
  batches(): AsyncGenerator<ReadonlySet<string>>
}

/** Settles when everything is watched. */
export async function watchChanges(rules: readonly WatchRule[], signal: AbortSignal): Promise<Changes> {
  const roots = [...new Set(rules.map(({ trigger }) => existing(trigger.path)))]
  const isWanted = (path: string, stats: Stats | undefined) =>
    rules.some(rule => rule.covers(path, stats?.isDirectory() ?? true) || isAbove(path, rule.trigger.path))
  const watcher = watch(roots, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path: string, stats?: Stats) => !isWanted(path, stats),
  })
  let changed = new Set<string>()
  let first = 0
  let wake = () => {}
  let failure: unknown
  watcher.on('all', (_event: string, path: string) => {
    if (changed.size === 0) first = Date.now()
    changed.add(path)
    wake()
  })
  watcher.on('error', (error: unknown) => {
    failure = watchFailed(error)
    wake()
  })
  signal.addEventListener('abort', () => {
    void watcher.close()
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', () => resolve())
    watcher.once('error', error => reject(watchFailed(error)))
  })
  const woken = (limit?: number) =>
    new Promise<boolean>(resolve => {
      const timer = limit === undefined ? undefined : setTimeout(() => resolve(false), limit)
      wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  return {
    async *batches() {
      for (;;) {
        while (changed.size === 0 && !signal.aborted && failure === undefined) await woken()
        if (failure !== undefined) throw failure
        if (signal.aborted) return
        while ((await woken(quiet)) && Date.now() - first < longest);
        const batch = changed
        changed = new Set()
        yield batch
      }
    },
  }
}

/** A file that is not there yet is seen from the nearest folder that is. */
function existing(path: string): string {
  let found = path
  while (!existsSync(found)) found = dirname(found)
  return found
}

const isAbove = (folder: string, path: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`)

function watchFailed(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EMFILE') return error
  return new ComposeError('failed_precondition', 'the limit of watched folders of this machine is reached', {
    cause: error,
    hint:
      code === 'ENOSPC'
        ? 'sysctl fs.inotify.max_user_watches=524288 raises it; an ignore rule for folders such as node_modules needs fewer'
        : 'sysctl fs.inotify.max_user_instances=1024 raises it',
  })
}
