// A system call filter in the form of Docker's profiles (profiles/seccomp in moby) as the seccomp section of the OCI
// spec: what depends on architecture, capabilities or kernel is decided here, the rest is the runtime's.
import { release } from 'node:os'
import { ComposeError, messageOf } from '../../shared/errors.ts'

interface Condition {
  caps?: string[]
  /** `amd64`, `arm64`, as Docker writes them. */
  arches?: string[]
  minKernel?: string
}

interface Rule {
  name?: string
  names?: string[]
  action?: string
  errnoRet?: number
  args?: { index: number; value: number; valueTwo?: number; op: string }[]
  includes?: Condition
  excludes?: Condition
}

export interface SeccompProfile {
  defaultAction?: string
  defaultErrnoRet?: number
  architectures?: string[]
  archMap?: { architecture: string; subArchitectures?: string[] }[]
  flags?: string[]
  syscalls?: Rule[]
}

export interface Machine {
  architecture: string
  kernel: string
}

const architectures: Record<string, { docker: string; seccomp: string }> = {
  x64: { docker: 'amd64', seccomp: 'SCMP_ARCH_X86_64' },
  arm64: { docker: 'arm64', seccomp: 'SCMP_ARCH_AARCH64' },
}
const actions = 'KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY'
  .split(' ')
  .map(name => `SCMP_ACT_${name}`)
const operators = 'NE LT LE EQ GE GT MASKED_EQ'.split(' ').map(name => `SCMP_CMP_${name}`)

/** Throws what is wrong with the text, in Docker's words. */
export function parseSeccompProfile(text: string): SeccompProfile {
  const profile = decoded(text)
  if (profile.archMap?.length && profile.architectures?.length) {
    throw invalid(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    )
  }
  for (const { name, names, action, args } of profile.syscalls ?? []) {
    if (name && names?.length) {
      throw invalid("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'")
    }
    requireKnown(action ?? '', actions, 'action')
    for (const { op } of args ?? []) requireKnown(op, operators, 'operator')
  }
  if (profile.defaultAction || profile.syscalls?.length) requireKnown(profile.defaultAction ?? '', actions, 'action')
  return profile
}

/** Undefined for a profile that says nothing: Docker takes it for no filter. */
export function seccompOf(
  profile: SeccompProfile,
  capabilities: readonly string[],
  machine: Machine = { architecture: process.arch, kernel: release() },
): Record<string, unknown> | undefined {
  const { defaultAction, defaultErrnoRet, flags, syscalls = [] } = profile
  if (!defaultAction) return undefined
  const named = architectures[machine.architecture]
  const mapped = profile.archMap?.find(({ architecture }) => architecture === named?.seccomp)
  const holds = (condition: Condition): [boolean, boolean, boolean] => [
    condition.arches?.includes(named?.docker ?? machine.architecture) ?? true,
    condition.caps?.every(name => capabilities.includes(name)) ?? true,
    condition.minKernel === undefined || isAtLeast(machine.kernel, condition.minKernel),
  ]
  const isExcluded = ({ arches, caps, minKernel }: Condition) =>
    (arches?.includes(named?.docker ?? machine.architecture) ?? false) ||
    (caps?.some(name => capabilities.includes(name)) ?? false) ||
    (minKernel !== undefined && isAtLeast(machine.kernel, minKernel))
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(flags?.length ? { flags } : {}),
    architectures: mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : (profile.architectures ?? []),
    syscalls: syscalls
      .filter(({ includes = {}, excludes }) => holds(includes).every(Boolean) && !(excludes && isExcluded(excludes)))
      .map(({ name, names, action, errnoRet, args }) => ({
        names: name ? [name] : (names ?? []),
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args?.length ? { args } : {}),
      })),
  }
}

function decoded(text: string): SeccompProfile {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    throw new ComposeError('invalid_argument', `Decoding seccomp profile failed: ${messageOf(cause)}`, { cause })
  }
  throw invalid('Decoding seccomp profile failed: it is not an object')
}

function requireKnown(name: string, known: readonly string[], what: string): void {
  if (!known.includes(name)) throw invalid(`string ${name} is not a valid ${what} for seccomp`)
}

const invalid = (message: string) => new ComposeError('invalid_argument', message)

/** Compares `6.1.0-debian` with `4.8` by its first two numbers. */
function isAtLeast(kernel: string, least: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat)
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number.parseFloat)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
