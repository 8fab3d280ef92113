// A new volume gets what the image has at its place: content, owner and mode of the folder. The source is opened
// inside the container's root, so a link in the image can't lead the copy to the host's files.
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, fstatSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { ComposeError, isErrno } from '../../../shared/errors.ts'
import { close, O, openInRoot } from '../../kernel/libc.ts'

const run = promisify(execFile)

export async function copyUp(rootfs: string, destination: string, volume: string): Promise<void> {
  if (readdirSync(volume).length > 0) return
  let fd: number
  try {
    fd = openInRoot(rootfs, destination, O.RDONLY | O.DIRECTORY)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return
    throw error
  }
  try {
    const { uid, gid, mode } = fstatSync(fd)
    const source = `/proc/${process.pid}/fd/${fd}`
    if (readdirSync(source).length > 0) {
      // -a copies links as links, and keeps owners, modes, times and extended attributes.
      await run('cp', ['-a', '--reflink=auto', `${source}/.`, volume])
    }
    chownSync(volume, uid, gid)
    chmodSync(volume, mode & 0o7777)
  } catch (cause) {
    throw new ComposeError('internal', `copying the image's ${destination} into the new volume failed`, {
      path: volume,
      cause,
    })
  } finally {
    close(fd)
  }
}
