// Limits that cgroup v2 has no word for. As Docker Engine does it, in its words: discarded with a warning, or refused.
import { readFileSync } from 'node:fs'
import { ComposeError } from '../../shared/errors.ts'
import type { HostConfig } from '../api/types.ts'

/** What of `host` this kernel can do, and a warning for each setting that was taken out. */
export function supportedLimits(host: HostConfig, cgroup2 = hasCgroup2()): { host: HostConfig; warnings: string[] } {
  if (!cgroup2) return { host, warnings: [] }
  if (host.CpuRealtimePeriod || host.CpuRealtimeRuntime)
    throw new ComposeError('invalid_argument', 'kernel does not support CPU real-time scheduler')
  const { MemorySwappiness = -1, OomKillDisable, ...supported } = host
  const warnings = [
    ...(MemorySwappiness !== null && MemorySwappiness >= 0
      ? [
          'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
        ]
      : []),
    ...(OomKillDisable ? ['Your kernel does not support OomKillDisable. OomKillDisable discarded.'] : []),
  ]
  return { host: supported, warnings }
}

/** True where the host has the one hierarchy of cgroup v2. */
export function hasCgroup2(): boolean {
  try {
    return readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8') !== ''
  } catch {
    return false
  }
}
