// Bindings to the C library: the only place that names C functions of libc. Every call is synchronous;
// a failure is thrown as an Error with `code` and `errno`, as Node's own fs does.

import { constants } from 'node:os'
import koffi from 'koffi'

const libc = koffi.load('libc.so.6')

const native = {
  mount: libc.func(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
  umount2: libc.func('int umount2(const char *target, int flags)'),
  unshare: libc.func('int unshare(int flags)'),
  setns: libc.func('int setns(int fd, int type)'),
  chroot: libc.func('int chroot(const char *path)'),
  chdir: libc.func('int chdir(const char *path)'),
  open: libc.func('int open(const char *path, int flags, int mode)'),
  memfdCreate: libc.func('int memfd_create(const char *name, uint flags)'),
  close: libc.func('int close(int fd)'),
  flock: libc.func('int flock(int fd, int operation)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const void *address, uint length)'),
  connect: libc.func('int connect(int fd, const void *address, uint length)'),
  listen: libc.func('int listen(int fd, int backlog)'),
  getsockname: libc.func('int getsockname(int fd, _Out_ void *address, _Inout_ uint *length)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint length)'),
  send: libc.func('int64_t send(int fd, const void *buffer, size_t length, int flags)'),
  recv: libc.func('int64_t recv(int fd, _Out_ void *buffer, size_t length, int flags)'),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)'),
  fcntl: libc.func('int fcntl(int fd, int command, int argument)'),
  mknod: libc.func('int mknod(const char *path, uint mode, uint64_t device)'),
  lsetxattr: libc.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
  lgetxattr: libc.func('int64_t lgetxattr(const char *path, const char *name, _Out_ void *value, size_t size)'),
  llistxattr: libc.func('int64_t llistxattr(const char *path, _Out_ void *list, size_t size)'),
  prctl: libc.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']),
  openat2: libc.func('syscall', 'long', ['long', 'int', 'str', 'void *', 'size_t']),
  fsopen: libc.func('syscall', 'long', ['long', 'str', 'uint']),
  fsconfig: libc.func('syscall', 'long', ['long', 'int', 'uint', 'str', 'str', 'int']),
  fsmount: libc.func('syscall', 'long', ['long', 'int', 'uint', 'uint']),
  quotactlFd: libc.func('syscall', 'long', ['long', 'int', 'uint', 'uint', 'void *']),
  openTree: libc.func('syscall', 'long', ['long', 'int', 'str', 'uint']),
  moveMount: libc.func('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']),
}

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

/** An Error shaped like those of node:fs. */
export function errnoError(call: string, detail = ''): NodeJS.ErrnoException {
  const errno = koffi.errno()
  const code = names.get(errno) ?? `E${errno}`
  return Object.assign(new Error(`${call}: ${code}${detail && ` ${detail}`}`), { code, errno, syscall: call })
}

function check(call: string, result: number, detail = ''): number {
  if (result < 0) throw errnoError(call, detail)
  return result
}

/** Has this signal sent to us when the process that started us ends (PR_SET_PDEATHSIG(2const)). */
export function signalAtParentsEnd(signal: number): void {
  check('prctl', native.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0))
}

const PR_SET_PDEATHSIG = 1

/** mount(2). `data` takes the file system's own options. */
export function mount(source: string, target: string, type: string, flags: number, data = ''): void {
  check('mount', native.mount(source, target, type, flags, data), `${source} on ${target}`)
}

export const umount = (target: string, flags = 0): void => {
  check('umount2', native.umount2(target, flags), target)
}

/** unshare(2), of the calling thread. */
export const unshare = (flags: number): void => {
  check('unshare', native.unshare(flags))
}

/** setns(2), of the calling thread. */
export const setns = (fd: number, type: number): void => {
  check('setns', native.setns(fd, type))
}

export const chroot = (path: string): void => {
  check('chroot', native.chroot(path), path)
}

/** chdir(2): of the calling thread where it has unshared CLONE_FS, else of all; process.cwd() doesn't know. */
export const chdir = (path: string): void => {
  check('chdir', native.chdir(path), path)
}

/** open(2); the descriptor has O_CLOEXEC, so that no child inherits it. */
export function open(path: string, flags: number, mode = 0): number {
  return check('open', native.open(path, flags | O.CLOEXEC, mode), path)
}

/** A file that is in memory only and goes with its descriptor (memfd_create(2)); to be read as /proc/self/fd/<fd>. */
export function openMemory(name: string): number {
  const MFD_CLOEXEC = 1
  return check('memfd_create', native.memfdCreate(name, MFD_CLOEXEC))
}

export const close = (fd: number): void => {
  check('close', native.close(fd))
}

/** Takes an exclusive lock, or returns false when somebody else has it. */
export function tryLock(fd: number): boolean {
  return native.flock(fd, LOCK_EX | LOCK_NB) === 0
}

/** Waits for an exclusive lock. It blocks the thread, so hold such locks for milliseconds only. */
export const lock = (fd: number): void => {
  check('flock', native.flock(fd, LOCK_EX))
}

/** socket(2) with SOCK_CLOEXEC, in the network namespace that the thread is in. */
export const socket = (domain: number, type: number, protocol: number): number =>
  check('socket', native.socket(domain, type | SOCK.CLOEXEC, protocol))

export const bind = (fd: number, address: Uint8Array): void => {
  check('bind', native.bind(fd, address, address.length))
}

export const connect = (fd: number, address: Uint8Array): void => {
  check('connect', native.connect(fd, address, address.length))
}

export const listen = (fd: number, backlog = 128): void => {
  check('listen', native.listen(fd, backlog))
}

export const setsockopt = (fd: number, level: number, name: number, value: number): void => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  check('setsockopt', native.setsockopt(fd, level, name, bytes, 4))
}

/** The bound address, as the kernel writes a sockaddr. */
export function getsockname(fd: number): Buffer {
  const address = Buffer.alloc(128)
  const length = [address.length]
  check('getsockname', native.getsockname(fd, address, length))
  return address.subarray(0, length[0])
}

export const send = (fd: number, buffer: Uint8Array): number =>
  check('send', Number(native.send(fd, buffer, buffer.length, 0)))

/** The number of bytes received; -1 when the call would block (only with MSG_DONTWAIT). */
export function recv(fd: number, buffer: Uint8Array, flags = 0): number {
  const count = Number(native.recv(fd, buffer, buffer.length, flags))
  if (count >= 0) return count
  if (koffi.errno() === constants.errno.EAGAIN) return -1
  throw errnoError('recv')
}

export const ioctl = (fd: number, request: number, argument: Uint8Array): void => {
  check('ioctl', native.ioctl(fd, request, argument))
}

export const fcntl = (fd: number, command: number, argument: number): number =>
  check('fcntl', native.fcntl(fd, command, argument))

/** mknod(2); `mode` holds the file type, `major` and `minor` the device's numbers. */
export function mknod(path: string, mode: number, major = 0, minor = 0): void {
  const device =
    ((BigInt(major) & 0xfffff000n) << 32n) |
    ((BigInt(major) & 0xfffn) << 8n) |
    ((BigInt(minor) & 0xffffff00n) << 12n) |
    (BigInt(minor) & 0xffn)
  check('mknod', native.mknod(path, mode, device), path)
}

/** Sets an extended attribute of the path itself, symbolic links not followed. */
export const lsetxattr = (path: string, name: string, value: Uint8Array): void => {
  check('lsetxattr', native.lsetxattr(path, name, value, value.length, 0), `${name} of ${path}`)
}

/** An extended attribute of the path itself, or undefined when it has none of that name. */
export function lgetxattr(path: string, name: string): Buffer | undefined {
  const value = Buffer.alloc(65536)
  const length = Number(native.lgetxattr(path, name, value, value.length))
  if (length >= 0) return value.subarray(0, length)
  if ([constants.errno.ENODATA, constants.errno.EOPNOTSUPP].includes(koffi.errno())) return undefined
  throw errnoError('lgetxattr', `${name} of ${path}`)
}

/** As many bytes as the kernel lists (XATTR_LIST_MAX); made once, since layers have many files. */
const nameList = Buffer.alloc(65536)

/** The names of all extended attributes of the path itself. */
export function llistxattr(path: string): string[] {
  const length = Number(native.llistxattr(path, nameList, nameList.length))
  if (length === 0) return []
  if (length > 0) return nameList.toString('utf8', 0, length).split('\0').filter(Boolean)
  if (koffi.errno() === constants.errno.EOPNOTSUPP) return []
  throw errnoError('llistxattr', path)
}

/**
 * Opens `path` as a process whose root is the folder `root` would: no link in it leads out (openat2(2), Linux 5.6).
 */
export function openInRoot(root: string, path: string, flags: number = O.RDONLY): number {
  const folder = open(root, O.PATH | O.DIRECTORY)
  try {
    const how = Buffer.alloc(24)
    how.writeBigUInt64LE(BigInt(flags | O.CLOEXEC), 0)
    how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16)
    return check('openat2', Number(native.openat2(SYS.openat2, folder, path, how, how.length)), path)
  } finally {
    close(folder)
  }
}

/**
 * Mounts a file system by fsopen(2), which unlike mount(2) has no limit on the length of all options together.
 * An option without value is a flag.
 */
export function mountByOptions(type: string, target: string, options: readonly (readonly [string, string?])[]): void {
  const context = check('fsopen', Number(native.fsopen(SYS.fsopen, type, FSOPEN_CLOEXEC)), type)
  try {
    for (const [key, value] of options) {
      const command = value === undefined ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING
      check(
        'fsconfig',
        Number(native.fsconfig(SYS.fsconfig, context, command, key, value ?? null, 0)),
        `${key}=${value}`,
      )
    }
    check(
      'fsconfig',
      Number(native.fsconfig(SYS.fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0)),
      `create ${type}`,
    )
    const mounted = check('fsmount', Number(native.fsmount(SYS.fsmount, context, FSMOUNT_CLOEXEC, 0)))
    try {
      moveMount(mounted, target)
    } finally {
      close(mounted)
    }
  } finally {
    close(context)
  }
}

/** open_tree(2): a bind of `path` that is nowhere yet; moveMount() puts it somewhere, in another namespace too. */
export const detachedBind = (path: string): number =>
  check('open_tree', Number(native.openTree(SYS.open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O.CLOEXEC)), path)

export const moveMount = (mounted: number, target: string): void => {
  const result = native.moveMount(SYS.move_mount, mounted, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)
  check('move_mount', Number(result), target)
}

/** quotactl_fd(2), Linux 5.14: `fd` is anything on the file system. */
export const quotactl = (fd: number, command: number, id: number, argument: Uint8Array): void => {
  check('quotactl_fd', Number(native.quotactlFd(SYS.quotactl_fd, fd, command, id, argument)))
}

// The numbers are the same on every 64-bit architecture that Node runs on.
const SYS = {
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  openat2: 437,
  quotactl_fd: 443,
} as const
const RESOLVE_NO_MAGICLINKS = 0x02n
const RESOLVE_IN_ROOT = 0x10n
const FSOPEN_CLOEXEC = 1
const FSMOUNT_CLOEXEC = 1
const FSCONFIG_SET_FLAG = 0
const FSCONFIG_SET_STRING = 1
const FSCONFIG_CMD_CREATE = 6
const OPEN_TREE_CLONE = 1
const MOVE_MOUNT_F_EMPTY_PATH = 4
const AT_FDCWD = -100
const LOCK_EX = 2
const LOCK_NB = 4

export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  NOCTTY: 0o400,
  NONBLOCK: 0o4000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  PATH: 0o10000000,
  CLOEXEC: 0o2000000,
} as const
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  UNBINDABLE: 1 << 17,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const
export const MNT_DETACH = 2
export const CLONE = { FS: 0x200, NEWNS: 0x20000, NEWNET: 0x40000000 } as const
export const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, SEQPACKET: 5, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const
