import { chmodSync, chownSync, renameSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { isErrno } from './errors.ts'

export interface ReplaceOptions {
  /** Of a file that was not there. */
  mode?: number
  /** A user's file, which several may write at once: the one that was there leaves its owner and its mode. */
  inherit?: boolean
}

/** Writes a file that others read at any moment: they see the old text or the new one, also after a kill in between. */
export function replaceFile(path: string, text: string, { mode = 0o666, inherit = false }: ReplaceOptions = {}): void {
  const fresh = inherit ? `${path}.${process.pid}` : `${path}.new`
  writeFileSync(fresh, text, { mode })
  const known = inherit ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (known) {
    handOver(fresh, known)
    chmodSync(fresh, known.mode & 0o777)
  }
  renameSync(fresh, path)
}

/** Root leaves a user's file the user's; nobody else can give a file away. */
function handOver(path: string, { uid, gid }: Stats): void {
  try {
    chownSync(path, uid, gid)
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error
  }
}
