// What a container wrote goes on to the one that takes its place: the log becomes the beginning of the other's, which
// notes where its own begins.
import { renameSync, statSync } from 'node:fs'
import { isErrno } from '../../../shared/errors.ts'
import { logPathOf } from './attachments.ts'

/** Both are folders of containers; the second has not run yet. Bytes; undefined: there is nothing. */
export function inheritLog(from: string, to: string): number | undefined {
  try {
    renameSync(logPathOf(from), logPathOf(to))
  } catch (error) {
    // Its driver keeps nothing, or it never ran.
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
  return statSync(logPathOf(to)).size
}
