// Which capabilities a container gets: Docker's defaults, what is added and dropped, and never more than the
// engine itself has, since a runtime fails on those.
import { readFileSync } from 'node:fs'
import { ComposeError } from '../../shared/errors.ts'

export type Capability = `CAP_${string}`

/** By number (linux/capability.h). */
const all = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
  SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
  SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
  .split(/\s+/)
  .map((name): Capability => `CAP_${name}`)

const defaults = new Set<Capability>(
  `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
  AUDIT_WRITE`
    .split(/\s+/)
    .map((name): Capability => `CAP_${name}`),
)

export interface CapabilityRequest {
  privileged: boolean
  add: readonly string[]
  drop: readonly string[]
}

/** In the kernel's order. Throws for a name that is no capability. */
export function containerCapabilities(
  { privileged, add, drop }: CapabilityRequest,
  own = ownBoundingSet(),
): Capability[] {
  const added = new Set(add.map(name => normalize(name, 'CapAdd')))
  const dropped = new Set(drop.map(name => normalize(name, 'CapDrop')))
  const everything = privileged || added.has('CAP_ALL')
  const chosen = all.filter(name => {
    if (dropped.has(name)) return false
    if (added.has(name) || everything) return true
    return defaults.has(name) && !dropped.has('CAP_ALL')
  })
  return chosen.filter(name => own.has(name))
}

function normalize(name: string, list: 'CapAdd' | 'CapDrop'): Capability {
  const upper = name.toUpperCase()
  const full: Capability = `CAP_${upper.replace(/^CAP_/, '')}`
  if (full !== 'CAP_ALL' && !all.includes(full)) {
    throw new ComposeError('invalid_argument', `invalid ${list}: unknown capability: "${full}"`)
  }
  return full
}

function ownBoundingSet(): Set<Capability> {
  const hex = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const bits = BigInt(`0x${hex}`)
  return new Set(all.filter((_, number) => (bits >> BigInt(number)) & 1n))
}
