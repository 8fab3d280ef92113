// The default system call filter: the set that Docker Engine allows by default, so that what runs there runs
// here and what is refused there is refused here. Everything that is not named is refused with EPERM.

export type Comparison = 'ne' | 'eq' | 'masked-eq'

export interface SeccompRule {
  names: readonly string[]
  /** The call fails with this number instead of being allowed. */
  errno?: number
  /** Holds only when the argument compares so; `mask` belongs to masked-eq, which compares with 0. */
  argument?: { index: number; comparison: Comparison; value: number; mask?: number }
  /** Only for containers that have one of these capabilities. */
  withCapability?: readonly string[]
  /** Only for containers that lack it. */
  withoutCapability?: string
}

const words = (text: string) => text.trim().split(/\s+/)

const files = words(`
  access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
  fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl
  fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64
  fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch
  inotify_init inotify_init1 inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listxattr listxattrat
  llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
  newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead
  readlink readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr
  setxattrat splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee truncate
  truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev cachestat`)

const waiting = words(`
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
  eventfd2 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list io_cancel io_destroy
  io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit membarrier _newselect pause poll ppoll
  ppoll_time64 pselect6 pselect6_time64 restart_syscall rseq select set_robust_list signalfd signalfd4`)

const memory = words(`
  brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap
  mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`)

const processes = words(`
  capget capset execve execveat exit exit_group fork getcpu getegid getegid32 geteuid geteuid32 getgid getgid32
  getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32
  getrlimit getrusage getsid get_thread_area gettid getuid getuid32 ioprio_get ioprio_set kill
  landlock_add_rule landlock_create_ruleset landlock_restrict_self pidfd_open pidfd_send_signal prctl prlimit64
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max
  sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
  sched_setattr sched_setparam sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32
  setgid setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
  setresuid32 setreuid setreuid32 setrlimit setsid set_thread_area set_tid_address setuid setuid32 sigaltstack
  sigprocmask sigreturn tgkill tkill ugetrlimit vfork wait4 waitid waitpid process_vm_readv process_vm_writev
  ptrace arch_prctl modify_ldt uretprobe`)

const communication = words(`
  accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64
  recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketpair socketcall ipc mq_getsetattr mq_notify
  mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv
  msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`)

const time = words(`
  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 getitimer getrandom gettimeofday nanosleep setitimer sysinfo time
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
  timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times uname`)

const AF_VSOCK = 40
/** The clone(2) flags that make namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const cloneNamespaces = 0x7e020000
const ENOSYS = 38

const personalities = [0, 0x0008, 0x20000, 0x20008, 0xffffffff]

export const defaultProfile: readonly SeccompRule[] = [
  { names: [...files, ...waiting, ...memory, ...processes, ...communication, ...time] },
  { names: ['socket'], argument: { index: 0, comparison: 'ne', value: AF_VSOCK } },
  ...personalities.map(
    (value): SeccompRule => ({ names: ['personality'], argument: { index: 0, comparison: 'eq', value } }),
  ),
  {
    names: ['clone'],
    argument: { index: 0, comparison: 'masked-eq', value: 0, mask: cloneNamespaces },
    withoutCapability: 'CAP_SYS_ADMIN',
  },
  // glibc falls back to clone, whose flags a filter can read.
  { names: ['clone3'], errno: ENOSYS, withoutCapability: 'CAP_SYS_ADMIN' },
  { names: ['open_by_handle_at'], withCapability: ['CAP_DAC_READ_SEARCH'] },
  {
    names: words(`bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr
      move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount
      umount2 unshare`),
    withCapability: ['CAP_SYS_ADMIN'],
  },
  { names: ['reboot'], withCapability: ['CAP_SYS_BOOT'] },
  { names: ['chroot'], withCapability: ['CAP_SYS_CHROOT'] },
  { names: ['delete_module', 'init_module', 'finit_module'], withCapability: ['CAP_SYS_MODULE'] },
  { names: ['acct'], withCapability: ['CAP_SYS_PACCT'] },
  { names: ['kcmp', 'pidfd_getfd', 'process_madvise'], withCapability: ['CAP_SYS_PTRACE'] },
  { names: ['iopl', 'ioperm'], withCapability: ['CAP_SYS_RAWIO'] },
  { names: ['settimeofday', 'stime', 'clock_settime', 'clock_settime64'], withCapability: ['CAP_SYS_TIME'] },
  { names: ['vhangup'], withCapability: ['CAP_SYS_TTY_CONFIG'] },
  {
    names: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
    withCapability: ['CAP_SYS_NICE'],
  },
  { names: ['syslog'], withCapability: ['CAP_SYSLOG'] },
  { names: ['bpf'], withCapability: ['CAP_BPF'] },
  { names: ['perf_event_open'], withCapability: ['CAP_PERFMON'] },
]

/** All calls that the profile knows of, allowed or not. */
export const knownCalls: readonly string[] = defaultProfile.flatMap(({ names }) => names)

/** The rules that hold for a container with these capabilities. */
export function rulesFor(capabilities: readonly string[]): SeccompRule[] {
  const has = (name: string) => capabilities.includes(name)
  return defaultProfile.filter(
    rule =>
      (!rule.withCapability || rule.withCapability.some(has)) &&
      !(rule.withoutCapability && has(rule.withoutCapability)),
  )
}
