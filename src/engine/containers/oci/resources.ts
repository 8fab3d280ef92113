// Limits of a container as the OCI runtime spec writes them (config-linux.md, Control groups).
import { statSync } from 'node:fs'
import type { HostConfig, ThrottleDevice } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'

export function cgroupResources(host: HostConfig): Record<string, unknown> {
  return (
    withoutEmpty({
      memory: withoutEmpty({
        limit: host.Memory || undefined,
        reservation: host.MemoryReservation || undefined,
        swap: host.MemorySwap || undefined,
        swappiness:
          host.MemorySwappiness !== undefined && host.MemorySwappiness >= 0 ? host.MemorySwappiness : undefined,
        disableOOMKiller: host.OomKillDisable || undefined,
      }),
      cpu: withoutEmpty({
        shares: host.CpuShares || undefined,
        ...cpuTime(host),
        realtimePeriod: host.CpuRealtimePeriod || undefined,
        realtimeRuntime: host.CpuRealtimeRuntime || undefined,
        cpus: host.CpusetCpus || undefined,
        mems: host.CpusetMems || undefined,
      }),
      // Below 0 there is no limit, which crun doesn't take for an answer.
      pids: host.PidsLimit && host.PidsLimit > 0 ? { limit: host.PidsLimit } : undefined,
      blockIO: withoutEmpty({
        weight: host.BlkioWeight || undefined,
        weightDevice: list(
          host.BlkioWeightDevice?.map(({ Path = '', Weight }) => ({ ...deviceNumbers(Path), weight: Weight })),
        ),
        throttleReadBpsDevice: throttles(host.BlkioDeviceReadBps),
        throttleWriteBpsDevice: throttles(host.BlkioDeviceWriteBps),
        throttleReadIOPSDevice: throttles(host.BlkioDeviceReadIOps),
        throttleWriteIOPSDevice: throttles(host.BlkioDeviceWriteIOps),
      }),
    }) ?? {}
  )
}

function cpuTime({ NanoCpus, CpuQuota, CpuPeriod }: HostConfig): { quota?: number; period?: number } {
  if (!NanoCpus) return { ...(CpuQuota ? { quota: CpuQuota } : {}), ...(CpuPeriod ? { period: CpuPeriod } : {}) }
  const period = 100_000
  return { quota: Math.round((NanoCpus * period) / 1e9), period }
}

const throttles = (devices: ThrottleDevice[] | undefined) =>
  list(devices?.map(({ Path = '', Rate }) => ({ ...deviceNumbers(Path), rate: Rate })))

const list = <T>(items: T[] | undefined) => (items && items.length > 0 ? items : undefined)

/** The numbers behind a device node of the host. */
function deviceNumbers(path: string): { major: number; minor: number } {
  try {
    return numbersOf(statSync(path))
  } catch (cause) {
    throw new ComposeError('invalid_argument', `stat ${path}: no such file or directory`, { cause })
  }
}

/** makedev(3), backwards. */
export const numbersOf = ({ rdev }: { rdev: number }): { major: number; minor: number } => ({
  major: ((rdev >> 8) & 0xfff) | (Math.floor(rdev / 2 ** 32) & ~0xfff),
  minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00),
})

function withoutEmpty(values: Record<string, unknown>): Record<string, unknown> | undefined {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined)
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
