// The AppArmor profile of containers for which none is named, on hosts that have AppArmor (apparmor.d(5)): what Docker
// Engine's own denies is denied. It is loaded once, by apparmor_parser; where that is missing there is none, as there.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import { executablePath } from './runtime.ts'

export const defaultProfile = 'tsc-compose-default'

/** Everything but what reaches around the container's namespaces: mounting, and the kernel's files. */
const profile = `
profile ${defaultProfile} flags=(attach_disconnected,mediate_deleted) {
  network,
  capability,
  file,
  umount,
  # The engine, the runtime and other programs of the host are not confined.
  signal (receive) peer=unconfined,
  signal (send,receive) peer=${defaultProfile},
  ptrace (trace,read,tracedby,readby) peer=${defaultProfile},

  deny mount,
  # Below /proc only what belongs to processes, and of /proc/sys only shared memory's limits.
  deny /proc/* w,
  deny /proc/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/** w,
  deny /proc/sys/[^k]** w,
  deny /proc/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny /proc/sysrq-trigger rwklx,
  deny /proc/kcore rwklx,
  # Below /sys only control groups.
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
}
`

const loaded = '/sys/kernel/security/apparmor/profiles'

/** Throws for a profile that is not loaded, which a runtime tells in the kernel's words only. */
export function requireProfile(name: string): void {
  const profiles = textOf(loaded)
  if (profiles === '' || profiles.split('\n').some(line => line.startsWith(`${name} (`))) return
  throw new ComposeError('invalid_argument', `AppArmor profile "${name}" is not loaded on this host`, {
    hint: 'apparmor_parser --replace <file with the profile>',
  })
}

export const hasApparmor = (): boolean => /^Y/.test(textOf('/sys/module/apparmor/parameters/enabled'))

/** The name of the profile, loaded; undefined where this host can't have it. `folder` takes its text. */
export function loadDefaultProfile(folder: string, log: (line: string) => void): string | undefined {
  const parser = executablePath('apparmor_parser')
  if (!hasApparmor() || !parser) return undefined
  if (textOf(loaded).includes(`${defaultProfile} (`)) return defaultProfile
  const path = join(folder, 'apparmor')
  writeFileSync(path, profile)
  // --replace, since another engine may load it at this moment; no cache, which would be outside of our folders.
  const { status, stderr, error } = spawnSync(parser, ['--replace', '--skip-cache', path], { encoding: 'utf8' })
  if (status === 0) return defaultProfile
  log(`AppArmor's profile of containers can't be loaded: ${error?.message ?? stderr.trim()}`)
  return undefined
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
