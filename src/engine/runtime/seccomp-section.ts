// The default system call filter as the seccomp section of the OCI spec.
import { rulesFor } from './seccomp-profile.ts'

/** For runtimes that don't take a compiled filter. */
export function defaultSeccomp(capabilities: readonly string[]): Record<string, unknown> {
  const operators = { ne: 'SCMP_CMP_NE', eq: 'SCMP_CMP_EQ', 'masked-eq': 'SCMP_CMP_MASKED_EQ' } as const
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures:
      process.arch === 'arm64'
        ? ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']
        : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: rulesFor(capabilities).map(({ names, errno, argument }) => ({
      names,
      action: errno === undefined ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_ERRNO',
      ...(errno === undefined ? {} : { errnoRet: errno }),
      ...(argument
        ? {
            args: [
              {
                index: argument.index,
                op: operators[argument.comparison],
                value: argument.mask ?? argument.value,
                ...(argument.mask === undefined ? {} : { valueTwo: argument.value }),
              },
            ],
          }
        : {}),
    })),
  }
}
