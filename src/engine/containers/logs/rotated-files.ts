// A log and what it was before it was begun anew: `container.log`, `container.log.1`, `.2` and so on, the last the oldest.
// INVARIANT: a file is moved to the next number, and never written again once its successor is there.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { isErrno } from '../../../shared/errors.ts'

export interface LogFile {
  fd: number
  ino: number
}

const numbered = (path: string, number: number): string => (number === 0 ? path : `${path}.${number}`)

/** The log, and those that it was before, the newest first. */
export function logPaths(path: string): string[] {
  const paths = [path]
  while (existsSync(numbered(path, paths.length))) paths.push(numbered(path, paths.length))
  return paths
}

/** Of all that are there, the oldest first. */
export function openLogFiles(path: string): LogFile[] {
  const files: LogFile[] = []
  // From the newest on: one that is moved meanwhile is met twice, and none is missed.
  for (let number = 0; ; number++) {
    const fd = openIfThere(numbered(path, number))
    if (fd === undefined) return files.reverse()
    const { ino } = fstatSync(fd)
    if (files.some(other => other.ino === ino)) closeSync(fd)
    else files.push({ fd, ino })
  }
}

/** Those that came after this one, the oldest first. */
export function openAfter(path: string, file: LogFile): LogFile[] {
  const all = openLogFiles(path)
  const at = all.findIndex(({ ino }) => ino === file.ino)
  for (const { fd } of all.slice(0, at + 1)) closeSync(fd)
  return all.slice(at + 1)
}

/** Another file has its name. */
export function isReplaced(path: string, { ino }: LogFile): boolean {
  const now = statSync(path, { throwIfNoEntry: false })
  return now !== undefined && now.ino !== ino
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Has conmon begin a new file where the log has more than `size` bytes, and keeps so many files in all; returns the inode
 * that it is to leave. `control` is conmon's control file; without a conmon nothing is written, and nothing is done.
 */
export function rotate(
  path: string,
  control: string,
  { size, files, unless }: { size: number; files: number; unless: number | undefined },
): number | undefined {
  const now = statSync(path, { throwIfNoEntry: false })
  if (!now || now.size <= size || now.ino === unless) return undefined
  const conmon = openControl(control)
  if (conmon === undefined) return undefined
  try {
    const before = statSync(numbered(path, 1), { throwIfNoEntry: false })
    // Else a kill came between this and conmon's part.
    if (files > 1 && before?.ino !== now.ino) {
      rmSync(numbered(path, files - 1), { force: true })
      for (let number = files - 2; number > 0; number--) move(numbered(path, number), numbered(path, number + 1))
      linkSync(path, numbered(path, 1))
    }
    // It opens another file, and puts it in place of this one (conmon, ctrl.c and ctr_logging.c).
    writeFileSync(conmon, '2 0 0\n')
    return now.ino
  } finally {
    closeSync(conmon)
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}

/** Without anybody at its other end to open it would wait. */
export function openControl(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isErrno(error, 'ENXIO', 'ENOENT')) return undefined
    throw error
  }
}
