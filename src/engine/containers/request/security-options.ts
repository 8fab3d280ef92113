// `security_opt` of a container, each option told apart; what this host can't do is refused by name.
import { existsSync } from 'node:fs'
import { ComposeError } from '../../../shared/errors.ts'
import { hasApparmor, requireProfile } from '../../runtime/apparmor.ts'
import { parseSeccompProfile, type SeccompProfile } from '../../runtime/custom-seccomp.ts'

export interface SecurityOptions {
  noNewPrivileges: boolean
  /** undefined: nothing was said, so privileged containers have none and all others the default. */
  seccomp: 'default' | 'unconfined' | SeccompProfile | undefined
  showSystemPaths: boolean
  /** undefined: nothing was said, so privileged containers have none and all others the engine's, where there is one. */
  apparmorProfile: string | undefined
  /** Parts of the SELinux label that differ from the default's: user, role, type, level. */
  label: Record<string, string>
}

export interface SecurityModules {
  apparmor: boolean
  selinux: boolean
}

export function securityOptions(options: readonly string[], modules: SecurityModules = hostModules()): SecurityOptions {
  const result: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: undefined,
    showSystemPaths: false,
    apparmorProfile: undefined,
    label: {},
  }
  for (const option of options) {
    const [name = '', value] = option.split(/[=:](.*)/s)
    if (name === 'no-new-privileges') result.noNewPrivileges = value === undefined || truth(value, option)
    else if (value === undefined) throw invalid(1, option)
    else if (name === 'seccomp') result.seccomp = seccomp(value)
    else if (name === 'systempaths' && value === 'unconfined') result.showSystemPaths = true
    else if (name === 'apparmor' && value === 'unconfined') result.apparmorProfile = value
    else if (name === 'apparmor' && modules.apparmor) result.apparmorProfile = value
    else if (name === 'label' && value === 'disable') continue
    else if (name === 'label' && modules.selinux) Object.assign(result.label, labelPart(value, option))
    else if (name === 'apparmor' || name === 'label') {
      throw new ComposeError(
        'failed_precondition',
        `--security-opt ${JSON.stringify(option)} needs ${name === 'label' ? 'SELinux' : 'AppArmor'}, which this host's kernel has not`,
      )
    } else throw invalid(2, option)
  }
  return result
}

/** The profile to run under; undefined for none. `fallback` is the engine's own. */
export function apparmorProfileOf(
  { apparmorProfile }: SecurityOptions,
  privileged: boolean,
  fallback: string | undefined,
): string | undefined {
  if (apparmorProfile === 'unconfined') return undefined
  if (apparmorProfile !== undefined) requireProfile(apparmorProfile)
  return apparmorProfile ?? (privileged ? undefined : fallback)
}

/** The process label for parts that were given, over the one that container policies define; '' without any. */
export function selinuxLabel(parts: Record<string, string>): string {
  if (Object.keys(parts).length === 0) return ''
  return [parts.user ?? 'system_u', parts.role ?? 'system_r', parts.type ?? 'container_t', parts.level ?? 's0'].join(
    ':',
  )
}

function seccomp(value: string): SecurityOptions['seccomp'] {
  if (value === 'unconfined') return 'unconfined'
  return value === 'builtin' || value === 'default' ? 'default' : parseSeccompProfile(value)
}

function labelPart(value: string, option: string): Record<string, string> {
  const [, part, setting] = /^(user|role|type|level):(.+)$/s.exec(value) ?? []
  if (!part || !setting) throw invalid(2, option)
  return { [part]: setting }
}

/** Go's spelling of truth (strconv.ParseBool). */
function truth(value: string, option: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw invalid(2, option)
}

const invalid = (kind: 1 | 2, option: string) =>
  new ComposeError('invalid_argument', `invalid --security-opt ${kind}: ${JSON.stringify(option)}`)

let known: SecurityModules | undefined

function hostModules(): SecurityModules {
  known ??= {
    apparmor: hasApparmor(),
    selinux: existsSync('/sys/fs/selinux/enforce'),
  }
  return known
}
