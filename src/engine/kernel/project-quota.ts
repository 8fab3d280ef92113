// A limit on how much a folder may hold: a project quota of ext4 or xfs, for which the file system must be mounted
// with prjquota.
import { readFileSync } from 'node:fs'
import { close, ioctl, O, open, quotactl } from './libc.ts'

/** Whether the file system of `path`, a mount point or below one, keeps quotas of projects. */
export function hasProjectQuota(path: string): boolean {
  const holds = (point: string) => point === '/' || path === point || path.startsWith(`${point}/`)
  const mounts = readFileSync('/proc/thread-self/mounts', 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, point = '']) => holds(point))
  const innermost = mounts.reduce<string[]>(
    (best, next) => ((next[1] ?? '').length >= (best[1] ?? '').length ? next : best),
    [],
  )
  const [, , type = '', options = ''] = innermost
  return ['ext4', 'xfs'].includes(type) && options.split(',').some(option => ['prjquota', 'pquota'].includes(option))
}

const FS_IOC_FSGETXATTR = 0x801c581f
const FS_IOC_FSSETXATTR = 0x401c5820
const FS_XFLAG_PROJINHERIT = 0x200
/** struct fsxattr (linux/fs.h). */
const attributesSize = 28
const flagsAt = 0
const projectAt = 12

/** Puts a folder, and what will be made in it, into a project. */
export function joinProject(folder: string, project: number): void {
  const fd = open(folder, O.RDONLY | O.DIRECTORY)
  try {
    const attributes = Buffer.alloc(attributesSize)
    ioctl(fd, FS_IOC_FSGETXATTR, attributes)
    attributes.writeUInt32LE(attributes.readUInt32LE(flagsAt) | FS_XFLAG_PROJINHERIT, flagsAt)
    attributes.writeUInt32LE(project, projectAt)
    ioctl(fd, FS_IOC_FSSETXATTR, attributes)
  } finally {
    close(fd)
  }
}

/** Q_SETQUOTA for PRJQUOTA. */
const setProjectQuota = 0x80000802
const QIF_BLIMITS = 1
/** struct if_dqblk (linux/quota.h): eight numbers of 64 bits, and which of them are valid. */
const limitsSize = 72
const validAt = 64

/** `bytes` of 0 takes the limit away. `path` is anything on the file system. */
export function limitProject(path: string, project: number, bytes: number): void {
  const fd = open(path, O.RDONLY)
  try {
    const limits = Buffer.alloc(limitsSize)
    const kilobytes = BigInt(Math.ceil(bytes / 1024))
    limits.writeBigUInt64LE(kilobytes, 0)
    limits.writeBigUInt64LE(kilobytes, 8)
    limits.writeUInt32LE(QIF_BLIMITS, validAt)
    quotactl(fd, setProjectQuota, project, limits)
  } finally {
    close(fd)
  }
}
