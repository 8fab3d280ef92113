// Limits of a container as the OCI runtime spec writes them (config-linux.md, Control groups).
import { statSync } from 'node:fs'
import type { Own } from '../../../docker/protocol/own-names.ts'
import type { ThrottleDevice } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { HostSettings } from '../record.ts'

export function cgroupResources(host: HostSettings): Record<string, unknown> {
  return (
    withoutEmpty({
      memory: withoutEmpty({
        limit: host.memory || undefined,
        reservation: host.memoryReservation || undefined,
        swap: host.memorySwap || undefined,
        swappiness:
          host.memorySwappiness !== undefined && host.memorySwappiness >= 0 ? host.memorySwappiness : undefined,
        disableOOMKiller: host.oomKillDisable || undefined,
      }),
      cpu: withoutEmpty({
        shares: host.cpuShares || undefined,
        ...cpuTime(host),
        realtimePeriod: host.cpuRealtimePeriod || undefined,
        realtimeRuntime: host.cpuRealtimeRuntime || undefined,
        cpus: host.cpusetCpus || undefined,
        mems: host.cpusetMems || undefined,
      }),
      // Below 0 there is no limit, which crun doesn't take for an answer.
      pids: host.pidsLimit && host.pidsLimit > 0 ? { limit: host.pidsLimit } : undefined,
      blockIO: withoutEmpty({
        weight: host.blkioWeight || undefined,
        weightDevice: list(
          host.blkioWeightDevice?.map(({ path = '', weight }) => ({ ...deviceNumbers(path), weight })),
        ),
        throttleReadBpsDevice: throttles(host.blkioDeviceReadBps),
        throttleWriteBpsDevice: throttles(host.blkioDeviceWriteBps),
        throttleReadIOPSDevice: throttles(host.blkioDeviceReadIOps),
        throttleWriteIOPSDevice: throttles(host.blkioDeviceWriteIOps),
      }),
    }) ?? {}
  )
}

/** More than a kernel ever has. */
const mostProcesses = 4_194_304

/** For a container that runs: no limit of processes is one that nobody reaches. */
export const liveResources = (host: HostSettings): Record<string, unknown> =>
  cgroupResources({ ...host, ...(host.pidsLimit && host.pidsLimit < 0 ? { pidsLimit: mostProcesses } : {}) })

function cpuTime({ nanoCpus, cpuQuota, cpuPeriod }: HostSettings): { quota?: number; period?: number } {
  if (!nanoCpus) return { ...(cpuQuota ? { quota: cpuQuota } : {}), ...(cpuPeriod ? { period: cpuPeriod } : {}) }
  const period = 100_000
  return { quota: Math.round((nanoCpus * period) / 1e9), period }
}

const throttles = (devices: Own<ThrottleDevice>[] | undefined) =>
  list(devices?.map(({ path = '', rate }) => ({ ...deviceNumbers(path), rate })))

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
