// Starts a program by posix_spawn(3). Node's own spawn forks, which copies page tables and then every page that the
// engine writes: 2-4 ms of its main thread each, against 0.3 ms here. For programs that detach themselves only:
// nobody is told of an end.
import koffi from 'koffi'
import { errnoError } from './libc.ts'

const libc = koffi.load('libc.so.6')
const posixSpawn = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
)
const actionsInit = libc.func('int posix_spawn_file_actions_init(void *actions)')
const actionsDestroy = libc.func('int posix_spawn_file_actions_destroy(void *actions)')
const addOpen = libc.func(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, uint mode)',
)
const addDup2 = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int fd, int target)')
const addChdir = libc.func('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)')
const attributesInit = libc.func('int posix_spawnattr_init(void *attributes)')
const attributesDestroy = libc.func('int posix_spawnattr_destroy(void *attributes)')
const setFlags = libc.func('int posix_spawnattr_setflags(void *attributes, int16_t flags)')
const setDefaults = libc.func('int posix_spawnattr_setsigdefault(void *attributes, const void *signals)')
const setMask = libc.func('int posix_spawnattr_setsigmask(void *attributes, const void *signals)')
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)')
const pipe2 = libc.func('int pipe2(_Out_ int *fds, int flags)')

/** glibc's sizes of the two opaque structures, rounded up, and of sigset_t. */
const opaqueSize = 512
const signalSetSize = 128
const SETSIGDEF = 0x04
const SETSIGMASK = 0x08
const SETSID = 0x80
const O_RDWR = 2
const O_CLOEXEC = 0o2000000

export interface SpawnOptions {
  file: string
  args: readonly string[]
  env: Record<string, string>
  cwd: string
  /** Descriptors of the child, by ours. 0, 1 and 2 are /dev/null where they are not named. */
  descriptors: Readonly<Record<number, number>>
}

/** The pid of a process in a session of its own; to be passed to reap() when it must have ended. */
export function spawnDetached({ file, args, env, cwd, descriptors }: SpawnOptions): number {
  const actions = Buffer.alloc(opaqueSize)
  const attributes = Buffer.alloc(opaqueSize)
  actionsInit(actions)
  attributesInit(attributes)
  try {
    setFlags(attributes, SETSID | SETSIGDEF | SETSIGMASK)
    // Node ignores SIGPIPE, which a child would inherit: every signal as the kernel has it, none blocked.
    setDefaults(attributes, Buffer.alloc(signalSetSize, 0xff))
    setMask(attributes, Buffer.alloc(signalSetSize))
    for (const fd of [0, 1, 2]) if (descriptors[fd] === undefined) addOpen(actions, fd, '/dev/null', O_RDWR, 0)
    for (const [target, fd] of Object.entries(descriptors)) addDup2(actions, fd, Number(target))
    addChdir(actions, cwd)
    const pid = [0]
    const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const error = posixSpawn(pid, file, actions, attributes, [file, ...args, null], [...environment, null])
    if (error !== 0)
      throw Object.assign(new Error(`posix_spawn ${file}: error ${error}`), { errno: error, code: 'ESPAWN' })
    return pid[0] ?? 0
  } finally {
    actionsDestroy(actions)
    attributesDestroy(attributes)
  }
}

/** Takes the end of a child of spawnDetached() off the process table; false while it runs. */
export function reap(pid: number): boolean {
  const WNOHANG = 1
  return waitpid(pid, [0], WNOHANG) !== 0
}

/** A pipe: [end to read, end to write]. Neither is inherited. */
export function pipe(): [number, number] {
  const fds = [0, 0]
  if (pipe2(fds, O_CLOEXEC) < 0) throw errnoError('pipe2')
  return [fds[0] ?? -1, fds[1] ?? -1]
}
