// Docker Engine's checks of resources at create, with its sentences: what contradicts itself is refused, what this
// kernel can't do is discarded and warned about.
import { availableParallelism } from 'node:os'
import type { HostConfig } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { CgroupSupport } from '../../kernel/cgroup-support.ts'

const leastMemory = 6 * 1024 * 1024

/** The settings without what the kernel can't do, and a sentence for each that is left out. */
export function checkResources(
  wanted: HostConfig,
  support: CgroupSupport,
  processors = availableParallelism(),
): { hostConfig: HostConfig; warnings: string[] } {
  const hostConfig = { ...wanted }
  const warnings: string[] = []
  const discard = (warning: string, ...keys: (keyof HostConfig)[]) => {
    warnings.push(warning)
    for (const key of keys) delete hostConfig[key]
  }
  checkMemory(hostConfig, support, discard)
  checkCpu(hostConfig, support, processors, discard)
  checkSets(hostConfig, support, discard)
  checkBlockIo(hostConfig, support, discard)
  return { hostConfig, warnings }
}

type Discard = (warning: string, ...keys: (keyof HostConfig)[]) => void

const refuse = (message: string): never => {
  throw new ComposeError('invalid_argument', message)
}
const missing = (what: string, outcome: string) =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${outcome} discarded.`

function checkMemory(host: HostConfig, support: CgroupSupport, discard: Discard): void {
  const { Memory = 0, MemoryReservation = 0, MemorySwappiness, OomKillDisable, PidsLimit } = host
  if (Memory !== 0 && Memory < leastMemory) refuse('Minimum memory limit allowed is 6MB')
  if (Memory > 0 && !support.memoryLimit) discard(missing('memory limit capabilities', 'Limitation'), 'Memory')
  if (host.Memory && host.MemorySwap !== -1 && !support.swapLimit) {
    discard(
      'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
    )
    host.MemorySwap = -1
  }
  const { MemorySwap = 0 } = host
  if (MemorySwap > 0 && Memory > 0 && MemorySwap < Memory)
    refuse('Minimum memoryswap limit should be larger than memory limit, see usage')
  if (MemorySwap > 0 && Memory === 0)
    refuse('You should always set the Memory limit when using Memoryswap limit, see usage')
  // -1 is how older clients say that it is not set.
  if (MemorySwappiness === -1 || MemorySwappiness === null) delete host.MemorySwappiness
  else if (MemorySwappiness !== undefined && !support.memorySwappiness)
    discard(missing('memory swappiness capabilities', 'Memory swappiness'), 'MemorySwappiness')
  else if (MemorySwappiness !== undefined && (MemorySwappiness < 0 || MemorySwappiness > 100))
    refuse(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`)
  if (MemoryReservation > 0 && !support.memoryReservation)
    discard(missing('memory soft limit capabilities', 'Limitation'), 'MemoryReservation')
  else if (MemoryReservation > 0 && MemoryReservation < leastMemory) refuse('Minimum memory reservation allowed is 6MB')
  else if (Memory > 0 && Memory < MemoryReservation)
    refuse('Minimum memory limit can not be less than memory reservation limit, see usage')
  if (OomKillDisable && !support.oomKillDisable)
    discard('Your kernel does not support OomKillDisable. OomKillDisable discarded.', 'OomKillDisable')
  else if (OomKillDisable && Memory === 0) {
    discard(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    )
  }
  if (PidsLimit && PidsLimit > 0 && !support.pidsLimit)
    discard(missing('PIDs limit capabilities', 'PIDs limit'), 'PidsLimit')
}

function checkCpu(host: HostConfig, support: CgroupSupport, processors: number, discard: Discard): void {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpuShares = 0, CpuPercent = 0 } = host
  const { CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0 } = host
  if (NanoCpus > 0 && CpuPeriod > 0) refuse('Conflicting options: Nano CPUs and CPU Period cannot both be set')
  if (NanoCpus > 0 && CpuQuota > 0) refuse('Conflicting options: Nano CPUs and CPU Quota cannot both be set')
  if (NanoCpus > 0 && !support.cpuQuota) {
    refuse('NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted')
  }
  if (NanoCpus < 0 || NanoCpus > processors * 1e9) {
    refuse(`Range of CPUs is from 0.01 to ${processors}.00, as there are only ${processors} CPUs available`)
  }
  if (CpuShares > 0 && !support.cpuShares) discard(missing('CPU shares', 'Shares'), 'CpuShares')
  if ((CpuPeriod || CpuQuota) && !support.cpuQuota) {
    const sentence = 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.'
    discard(sentence, 'CpuPeriod', 'CpuQuota')
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    refuse('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)')
  if (CpuQuota > 0 && CpuQuota < 1000) refuse('CPU cfs quota can not be less than 1ms (i.e. 1000)')
  if ((CpuRealtimePeriod || CpuRealtimeRuntime) && !support.cpuRealtime)
    refuse('kernel does not support CPU real-time scheduler')
  if (CpuRealtimePeriod && CpuRealtimeRuntime > CpuRealtimePeriod)
    refuse('cpu real-time runtime cannot be higher than cpu real-time period')
  if (CpuPercent > 0) discard('linux does not support CPU percent. Percent discarded.', 'CpuPercent')
}

function checkSets(host: HostConfig, support: CgroupSupport, discard: Discard): void {
  const { CpusetCpus = '', CpusetMems = '' } = host
  if ((CpusetCpus || CpusetMems) && !support.cpuset) {
    discard(missing('cpuset', 'Cpuset'), 'CpusetCpus', 'CpusetMems')
    return
  }
  if (!isWithin(CpusetCpus, support.cpus, 'cpus'))
    refuse(`Requested CPUs are not available - requested ${CpusetCpus}, available: ${support.cpus}`)
  if (!isWithin(CpusetMems, support.memoryNodes, 'mems'))
    refuse(`Requested memory nodes are not available - requested ${CpusetMems}, available: ${support.memoryNodes}`)
}

function isWithin(wanted: string, available: string, kind: string): boolean {
  const there = members(available, kind)
  return [...members(wanted, kind)].every(number => there.has(number))
}

/** `0-2,5` as numbers. */
function members(list: string, kind: string): Set<number> {
  const result = new Set<number>()
  for (const part of list === '' ? [] : list.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) return refuse(`Invalid value ${list} for cpuset ${kind}: invalid format: ${list}`)
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    for (let number = first; number <= Math.min(last, 8192); number++) result.add(number)
  }
  return result
}

function checkBlockIo(host: HostConfig, support: CgroupSupport, discard: Discard): void {
  const { BlkioWeight = 0 } = host
  if (BlkioWeight > 0 && !support.blkioWeight) discard(missing('Block I/O weight', 'Weight'), 'BlkioWeight')
  else if (BlkioWeight > 0 && (BlkioWeight < 10 || BlkioWeight > 1000))
    refuse('Range of blkio weight is from 10 to 1000')
  if (host.IOMaximumBandwidth || host.IOMaximumIOps)
    refuse('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps')
  const lists: [keyof HostConfig, boolean, string, string][] = [
    ['BlkioWeightDevice', support.blkioWeightDevice, 'Block I/O weight_device', 'Weight-device'],
    ['BlkioDeviceReadBps', support.blkioReadBps, 'BPS Block I/O read limit', 'Block I/O BPS read limit'],
    ['BlkioDeviceWriteBps', support.blkioWriteBps, 'BPS Block I/O write limit', 'Block I/O BPS write limit'],
    ['BlkioDeviceReadIOps', support.blkioReadIops, 'IOPS Block read limit', 'Block I/O IOPS read limit'],
    ['BlkioDeviceWriteIOps', support.blkioWriteIops, 'IOPS Block write limit', 'Block I/O IOPS write limit'],
  ]
  for (const [key, supported, what, outcome] of lists) {
    const entries = host[key]
    if (Array.isArray(entries) && entries.length > 0 && !supported) discard(missing(what, outcome), key)
  }
}
