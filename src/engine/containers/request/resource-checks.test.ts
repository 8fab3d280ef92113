import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostConfig } from '../../../docker/protocol/types.ts'
import type { CgroupSupport } from '../../kernel/cgroup-support.ts'
import { checkResources } from './resource-checks.ts'

const everything: CgroupSupport = {
  memoryLimit: true,
  swapLimit: true,
  memoryReservation: true,
  oomKillDisable: true,
  memorySwappiness: true,
  cpuShares: true,
  cpuQuota: true,
  cpuRealtime: true,
  cpuset: true,
  cpus: '0-1',
  memoryNodes: '0',
  pidsLimit: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioReadBps: true,
  blkioWriteBps: true,
  blkioReadIops: true,
  blkioWriteIops: true,
}
const megabyte = 1024 * 1024
const without = (...names: (keyof CgroupSupport)[]): CgroupSupport => ({
  ...everything,
  ...Object.fromEntries(names.map(name => [name, false])),
})

const refusals: [HostConfig, string][] = [
  [{ Memory: 1000 }, 'Minimum memory limit allowed is 6MB'],
  [
    { Memory: 10 * megabyte, MemorySwap: 9 * megabyte },
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [{ MemorySwap: 9 * megabyte }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [
    { Memory: 10 * megabyte, MemoryReservation: 20 * megabyte },
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [{ MemoryReservation: 2000 }, 'Minimum memory reservation allowed is 6MB'],
  [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ NanoCpus: 1e9, CpuPeriod: 100_000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ NanoCpus: 1e9, CpuQuota: 100_000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ NanoCpus: 3e9 }, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ CpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ CpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [
    { CpuRealtimeRuntime: 2000, CpuRealtimePeriod: 1000 },
    'cpu real-time runtime cannot be higher than cpu real-time period',
  ],
  [{ CpusetCpus: '1-7' }, 'Requested CPUs are not available - requested 1-7, available: 0-1'],
  [{ CpusetCpus: 'a' }, 'Invalid value a for cpuset cpus: invalid format: a'],
  [{ CpusetMems: '7' }, 'Requested memory nodes are not available - requested 7, available: 0'],
  [{ BlkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
]
for (const [hostConfig, message] of refusals) {
  test(`refused: ${message}`, () => assert.throws(() => checkResources(hostConfig, everything, 2), { message }))
}

const discarded: [HostConfig, keyof CgroupSupport, string][] = [
  [{ Memory: 9 * megabyte }, 'memoryLimit', 'memory limit capabilities or the cgroup is not mounted. Limitation'],
  [{ MemoryReservation: 9 * megabyte }, 'memoryReservation', 'memory soft limit capabilities or'],
  [{ MemorySwappiness: 5 }, 'memorySwappiness', 'memory swappiness capabilities or'],
  [{ OomKillDisable: true }, 'oomKillDisable', 'OomKillDisable. OomKillDisable discarded.'],
  [{ PidsLimit: 5 }, 'pidsLimit', 'PIDs limit capabilities or'],
  [{ CpuShares: 5 }, 'cpuShares', 'CPU shares or'],
  [{ CpuQuota: 5000 }, 'cpuQuota', 'CPU CFS scheduler. CPU period/quota discarded.'],
  [{ CpusetCpus: '0' }, 'cpuset', 'cpuset or'],
  [{ BlkioWeight: 300 }, 'blkioWeight', 'Block I/O weight or the cgroup is not mounted. Weight discarded.'],
  [{ BlkioWeightDevice: [{ Path: '/dev/x', Weight: 9 }] }, 'blkioWeightDevice', 'Block I/O weight_device or'],
  [{ BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 9 }] }, 'blkioReadBps', 'BPS Block I/O read limit or'],
  [{ BlkioDeviceWriteBps: [{ Path: '/dev/x', Rate: 9 }] }, 'blkioWriteBps', 'BPS Block I/O write limit or'],
  [{ BlkioDeviceReadIOps: [{ Path: '/dev/x', Rate: 9 }] }, 'blkioReadIops', 'IOPS Block read limit or'],
  [{ BlkioDeviceWriteIOps: [{ Path: '/dev/x', Rate: 9 }] }, 'blkioWriteIops', 'IOPS Block write limit or'],
]
for (const [wanted, name, words] of discarded) {
  test(`discarded and said where the kernel lacks it: ${Object.keys(wanted)[0]}`, () => {
    const { hostConfig, warnings } = checkResources(wanted, without(name, 'swapLimit'), 2)
    for (const key of Object.keys(wanted)) assert.ok(!(key in hostConfig), key)
    const [warning = '', ...more] = warnings
    assert.deepEqual(more, [])
    assert.ok(warning.startsWith(`Your kernel does not support ${words}`), warning)
    const kept = checkResources({ Memory: 16 * megabyte, ...wanted }, everything, 2)
    assert.deepEqual(kept, { hostConfig: { Memory: 16 * megabyte, ...wanted }, warnings: [] })
  })
}

test('without swap accounting memory is limited without swap', () => {
  const { hostConfig, warnings } = checkResources({ Memory: 9 * megabyte }, without('swapLimit'), 2)
  assert.deepEqual(hostConfig, { Memory: 9 * megabyte, MemorySwap: -1 })
  assert.match(warnings[0] ?? '', /Memory limited without swap\.$/)
})

test('a disabled OOM killer without a limit is warned about; -1 is no swappiness', () => {
  const { hostConfig, warnings } = checkResources({ OomKillDisable: true, MemorySwappiness: -1 }, everything, 2)
  assert.deepEqual(hostConfig, { OomKillDisable: true })
  assert.match(warnings[0] ?? '', /^OOM killer is disabled for the container, but no memory limit is set/)
})

test('no CPU can be had without the scheduler that divides them', () => {
  assert.throws(() => checkResources({ NanoCpus: 1e9 }, without('cpuQuota'), 2), /NanoCPUs can not be set/)
  assert.throws(() => checkResources({ CpuRealtimePeriod: 1 }, without('cpuRealtime'), 2), /real-time scheduler/)
})
