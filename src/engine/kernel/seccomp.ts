// Compiles system call filters with libseccomp (seccomp_init(3)). Compiling takes 15 ms, so callers keep results.
import { readFileSync } from 'node:fs'
import koffi from 'koffi'
import { close, openMemory } from './libc.ts'

export interface FilterRule {
  names: readonly string[]
  errno?: number
  argument?: { index: number; comparison: 'ne' | 'eq' | 'masked-eq'; value: number; mask?: number }
}

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const EPERM = 1
const ENOSYS = 38
const UNKNOWN_CALL = -1
const COMPARE = { ne: 1, eq: 4, 'masked-eq': 7 } as const
/** Programs of the 32-bit and x32 interfaces of the same machine are filtered alike. */
const otherInterfaces: Record<string, readonly number[]> = { x64: [0x40000003, 0x4000003e], arm64: [0x40000028] }

let library: ReturnType<typeof load> | undefined

function load() {
  const seccomp = koffi.load('libseccomp.so.2')
  koffi.struct('scmp_arg_cmp', { arg: 'uint', op: 'int', a: 'uint64_t', b: 'uint64_t' })
  return {
    init: seccomp.func('void *seccomp_init(uint action)'),
    release: seccomp.func('void seccomp_release(void *ctx)'),
    addArchitecture: seccomp.func('int seccomp_arch_add(void *ctx, uint token)'),
    resolve: seccomp.func('int seccomp_syscall_resolve_name(const char *name)'),
    addRule: seccomp.func(
      'int seccomp_rule_add_array(void *ctx, uint action, int call, uint count, scmp_arg_cmp *compare)',
    ),
    exportFilter: seccomp.func('int seccomp_export_bpf(void *ctx, int fd)'),
  }
}

/**
 * The filter as classic BPF instructions (8 bytes each): what no rule names fails with EPERM, and calls with a number
 * above those of `known` names with ENOSYS: a C library that is newer than the rules takes that for an older kernel
 * and does without, while EPERM is an error to it. runc does the same.
 */
export function compileFilter(rules: readonly FilterRule[], known: readonly string[]): Buffer {
  library ??= load()
  const context = library.init(ERRNO | EPERM)
  try {
    for (const token of otherInterfaces[process.arch] ?? []) library.addArchitecture(context, token)
    for (const rule of rules) addRule(library, context, rule)
    const { resolve } = library
    const newest = Math.max(...known.map(name => resolve(name)))
    return Buffer.concat([refuseUnknown(newest), exported(library, context)])
  } finally {
    library.release(context)
  }
}

/** AUDIT_ARCH_* (linux/audit.h) of the machine's own interface. */
const ownInterface: Record<string, number> = { x64: 0xc000003e, arm64: 0xc00000b7 }
/** Above it are the numbers of x32, which the filter itself refuses or allows. */
const x32Bit = 0x40000000
const [LD_W_ABS, JEQ, JGE, JGT, RET] = [0x20, 0x15, 0x35, 0x25, 0x06]
/** Offsets in struct seccomp_data (seccomp(2)). */
const [atNumber, atInterface] = [0, 4]

/** Instructions to stand before a filter, which begins where they end. */
function refuseUnknown(newest: number): Buffer {
  const program = [
    [LD_W_ABS, 0, 0, atInterface],
    [JEQ, 0, 4, ownInterface[process.arch] ?? 0],
    [LD_W_ABS, 0, 0, atNumber],
    [JGE, 2, 0, x32Bit],
    [JGT, 0, 1, newest],
    [RET, 0, 0, ERRNO | ENOSYS],
  ]
  return Buffer.concat(program.map(instruction))
}

/** struct sock_filter: code, jump when true, jump when false, operand. */
function instruction([code = 0, whenTrue = 0, whenFalse = 0, operand = 0]: number[]): Buffer {
  const out = Buffer.alloc(8)
  out.writeUInt16LE(code, 0)
  out.writeUInt8(whenTrue, 2)
  out.writeUInt8(whenFalse, 3)
  out.writeUInt32LE(operand, 4)
  return out
}

function addRule(seccomp: ReturnType<typeof load>, context: unknown, { names, errno, argument }: FilterRule): void {
  const compare = argument
    ? [
        {
          arg: argument.index,
          op: COMPARE[argument.comparison],
          a: argument.mask ?? argument.value,
          b: argument.mask === undefined ? 0 : argument.value,
        },
      ]
    : []
  for (const name of names) {
    const call = seccomp.resolve(name)
    // A call that this libseccomp or this architecture doesn't know stays refused.
    if (call === UNKNOWN_CALL) continue
    seccomp.addRule(context, errno === undefined ? ALLOW : ERRNO | errno, call, compare.length, compare)
  }
}

function exported(seccomp: ReturnType<typeof load>, context: unknown): Buffer {
  const fd = openMemory('seccomp')
  try {
    const status = seccomp.exportFilter(context, fd)
    if (status < 0) throw new Error(`libseccomp can't export the filter: error ${-status}`)
    return readFileSync(`/proc/self/fd/${fd}`)
  } finally {
    close(fd)
  }
}
