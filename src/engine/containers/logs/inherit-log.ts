// What a container wrote goes on to the one that takes its place. Where that has not run yet it becomes the beginning of
// its log, which notes where its own begins; one that runs already has it in a file of its own beside its log.
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isErrno } from '../../../shared/errors.ts'
import { logPathOf } from './attachments.ts'
import { type LogEntry, type LogRange, lastLines, readLog } from './log-file.ts'
import { logPaths } from './rotated-files.ts'

const earlierPathOf = (folder: string): string => join(folder, 'earlier.log')

/** Folders of containers; the second has not run yet. Bytes of the log that are not its own; undefined: there are none. */
export async function inheritLog(from: string, to: string): Promise<number | undefined> {
  const [own = '', ...before] = logPaths(logPathOf(from))
  for (const path of [earlierPathOf(from), ...before.reverse()]) await takeOver(path, earlierPathOf(to))
  if (!(await takeOver(own, logPathOf(to)))) return undefined
  return statSync(logPathOf(to)).size
}

/** The second runs, or has run, or has a limit: then what came before takes up to `most` bytes, the newest files of it. */
export async function inheritBeside(from: string, to: string, most = Number.POSITIVE_INFINITY): Promise<void> {
  let left = most
  const kept = [...logPaths(logPathOf(from)), earlierPathOf(from)].filter(path => {
    left -= statSync(path, { throwIfNoEntry: false })?.size ?? 0
    return left >= 0
  })
  for (const path of kept.reverse()) await takeOver(path, earlierPathOf(to))
}

/** Moves a file, or puts it behind what is there. False: its driver keeps nothing, or it never ran. */
async function takeOver(from: string, to: string): Promise<boolean> {
  try {
    if (existsSync(to)) {
      await pipeline(createReadStream(from), createWriteStream(to, { flags: 'a' }))
      rmSync(from)
    } else renameSync(from, to)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

/** The log with all that came before it. */
export async function* readWhole(folder: string, range: LogRange, follow?: AbortSignal): AsyncGenerator<LogEntry[]> {
  const [earlier, own] = [earlierPathOf(folder), logPathOf(folder)]
  if (existsSync(earlier)) {
    const { tail, ...times } = range
    const left = tail === undefined ? undefined : Math.max(0, tail - lastLines(own, tail))
    yield* readLog(earlier, left === undefined ? times : { ...times, tail: left })
  }
  yield* readLog(own, range, follow)
}
