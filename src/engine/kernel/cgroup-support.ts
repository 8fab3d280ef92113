// What the host's control groups can do, told by the files that are there: a setting without its file can only be
// discarded, and must then be warned about.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CgroupSupport {
  memoryLimit: boolean
  swapLimit: boolean
  memoryReservation: boolean
  oomKillDisable: boolean
  memorySwappiness: boolean
  cpuShares: boolean
  cpuQuota: boolean
  cpuRealtime: boolean
  cpuset: boolean
  /** Lists such as `0-3,5`. */
  cpus: string
  memoryNodes: string
  pidsLimit: boolean
  blkioWeight: boolean
  blkioWeightDevice: boolean
  blkioReadBps: boolean
  blkioWriteBps: boolean
  blkioReadIops: boolean
  blkioWriteIops: boolean
}

/** `root` is where control groups are mounted. */
export function cgroupSupport(root = '/sys/fs/cgroup'): CgroupSupport {
  const controllers = textOf(join(root, 'cgroup.controllers'))
  return controllers === '' ? supportOfHierarchies(root) : supportOfOne(root, new Set(controllers.split(' ')))
}

function supportOfHierarchies(root: string): CgroupSupport {
  const has = (controller: string, file: string) => existsSync(join(root, controller, `${controller}.${file}`))
  return {
    memoryLimit: has('memory', 'limit_in_bytes'),
    swapLimit: has('memory', 'memsw.limit_in_bytes'),
    memoryReservation: has('memory', 'soft_limit_in_bytes'),
    oomKillDisable: has('memory', 'oom_control'),
    memorySwappiness: has('memory', 'swappiness'),
    cpuShares: has('cpu', 'shares'),
    cpuQuota: has('cpu', 'cfs_quota_us'),
    cpuRealtime: has('cpu', 'rt_period_us'),
    cpuset: has('cpuset', 'cpus'),
    cpus: textOf(join(root, 'cpuset/cpuset.cpus')),
    memoryNodes: textOf(join(root, 'cpuset/cpuset.mems')),
    // The root group has no limit of its own.
    pidsLimit: existsSync(join(root, 'pids')),
    blkioWeight: has('blkio', 'weight'),
    blkioWeightDevice: has('blkio', 'weight_device'),
    blkioReadBps: has('blkio', 'throttle.read_bps_device'),
    blkioWriteBps: has('blkio', 'throttle.write_bps_device'),
    blkioReadIops: has('blkio', 'throttle.read_iops_device'),
    blkioWriteIops: has('blkio', 'throttle.write_iops_device'),
  }
}

/** cgroup v2. Most files are not in the root group but in every group below it. */
function supportOfOne(root: string, controllers: ReadonlySet<string>): CgroupSupport {
  const has = (controller: string) => controllers.has(controller)
  const below = (...files: string[]) => {
    const controlled = groupsIn(root).filter(group => existsSync(join(group, `${files[0]?.split('.')[0]}.stat`)))
    return controlled.length === 0 || controlled.some(group => files.some(file => existsSync(join(group, file))))
  }
  return {
    memoryLimit: has('memory'),
    swapLimit: has('memory') && below('memory.swap.max'),
    memoryReservation: has('memory'),
    oomKillDisable: false,
    memorySwappiness: false,
    cpuShares: has('cpu'),
    cpuQuota: has('cpu'),
    cpuRealtime: false,
    cpuset: has('cpuset'),
    cpus: textOf(join(root, 'cpuset.cpus.effective')),
    memoryNodes: textOf(join(root, 'cpuset.mems.effective')),
    pidsLimit: has('pids'),
    blkioWeight: has('io') && below('io.weight', 'io.bfq.weight'),
    blkioWeightDevice: has('io') && below('io.weight', 'io.bfq.weight'),
    blkioReadBps: has('io'),
    blkioWriteBps: has('io'),
    blkioReadIops: has('io'),
    blkioWriteIops: has('io'),
  }
}

/** True where the host has the one hierarchy of cgroup v2. */
export const hasCgroup2 = (root = '/sys/fs/cgroup'): boolean => textOf(join(root, 'cgroup.controllers')) !== ''

const groupsIn = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => join(root, name))

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
