// Limits, as the container's control group has them. Both hierarchies are known; a host has one of them.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { test } from 'node:test'
import type { HostConfig } from '../../../src/docker/protocol/types.ts'
import { cgroupSupport } from '../../../src/engine/kernel/cgroup-support.ts'
import { start } from '../run.ts'
import { inside } from './inside.ts'

const { engine, see, warnings, attempt } = inside()
const megabyte = 1024 * 1024
const one = existsSync('/sys/fs/cgroup/cgroup.controllers')

/** A file of the container's group: `memory.max` on v2, `memory/memory.limit_in_bytes` on v1. */
async function valuesOf(hostConfig: HostConfig, files: Record<string, [v1: string, v2: string]>) {
  const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig: hostConfig })
  const { Pid = 0 } = (await container.inspect()).State ?? {}
  const groups = readFileSync(`/proc/${Pid}/cgroup`, 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const groupOf = (controller: string) =>
    groups.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2]
  const read = (path: string) => readFileSync(path, 'utf8').trim()
  const values = Object.fromEntries(
    Object.entries(files).map(([name, [v1, v2]]) => {
      const controller = v1.split('.')[0] ?? ''
      const path = one
        ? `/sys/fs/cgroup${groups[0]?.[2]}/${v2}`
        : `/sys/fs/cgroup/${controller}${groupOf(controller)}/${v1}`
      return [name, read(path)]
    }),
  )
  await container.remove({ force: true })
  return values
}

const hostDevice = (() => {
  const path = globSync('/dev/{vda,sda,nvme0n1,xvda,loop0}').find(name => statSync(name).isBlockDevice()) ?? ''
  const { rdev } = statSync(path)
  return { path, numbers: `${(rdev >> 8) & 0xfff}:${rdev & 0xff}` }
})()

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: memory, swap and reservation`, async () => {
    const hostConfig = { Runtime, Memory: 64 * megabyte, MemorySwap: 96 * megabyte, MemoryReservation: 32 * megabyte }
    const values = await valuesOf(hostConfig, {
      limit: ['memory.limit_in_bytes', 'memory.max'],
      swap: ['memory.memsw.limit_in_bytes', 'memory.swap.max'],
      reservation: ['memory.soft_limit_in_bytes', 'memory.low'],
    })
    const swap = one ? 32 : 96
    assert.deepEqual(values, {
      limit: String(64 * megabyte),
      swap: String(swap * megabyte),
      reservation: String(32 * megabyte),
    })
  })

  test(`${Runtime}: cpus, shares and sets`, async () => {
    const hostConfig = { Runtime, NanoCpus: 5e8, CpuShares: 512, CpusetCpus: '0', CpusetMems: '0' }
    const values = await valuesOf(hostConfig, {
      time: ['cpu.cfs_quota_us', 'cpu.max'],
      cpus: ['cpuset.cpus', 'cpuset.cpus'],
      mems: ['cpuset.mems', 'cpuset.mems'],
      ...(one ? {} : { shares: ['cpu.shares', 'cpu.weight'] as [string, string] }),
    })
    const expected = { time: one ? '50000 100000' : '50000', cpus: '0', mems: '0' }
    assert.deepEqual(values, one ? expected : { ...expected, shares: '512' })
  })

  test(`${Runtime}: quota and period`, async () => {
    const values = await valuesOf(
      { Runtime, CpuQuota: 20_000, CpuPeriod: 50_000 },
      { quota: ['cpu.cfs_quota_us', 'cpu.max'], period: ['cpu.cfs_period_us', 'cpu.max'] },
    )
    assert.deepEqual(
      values,
      one ? { quota: '20000 50000', period: '20000 50000' } : { quota: '20000', period: '50000' },
    )
  })

  test(`${Runtime}: pids, and -1 for no limit`, async () => {
    const files: Record<string, [string, string]> = { pids: ['pids.max', 'pids.max'] }
    assert.deepEqual(await valuesOf({ Runtime, PidsLimit: 33 }, files), { pids: '33' })
    assert.deepEqual(await valuesOf({ Runtime, PidsLimit: -1 }, files), { pids: 'max' })
  })

  test(`${Runtime}: rates of block devices`, async () => {
    const throttle = (Rate: number) => [{ Path: hostDevice.path, Rate }]
    const values = await valuesOf(
      {
        Runtime,
        BlkioDeviceReadBps: throttle(1001),
        BlkioDeviceWriteBps: throttle(1002),
        BlkioDeviceReadIOps: throttle(1003),
        BlkioDeviceWriteIOps: throttle(1004),
      },
      {
        readBps: ['blkio.throttle.read_bps_device', 'io.max'],
        writeBps: ['blkio.throttle.write_bps_device', 'io.max'],
        readIops: ['blkio.throttle.read_iops_device', 'io.max'],
        writeIops: ['blkio.throttle.write_iops_device', 'io.max'],
      },
    )
    const v2 = `${hostDevice.numbers} rbps=1001 wbps=1002 riops=1003 wiops=1004`
    const rates = { readBps: 1001, writeBps: 1002, readIops: 1003, writeIops: 1004 }
    for (const [name, rate] of Object.entries(rates))
      assert.equal(values[name], one ? v2 : `${hostDevice.numbers} ${rate}`, name)
  })

  test(`${Runtime}: the control group is below the parent that was named, and seen as a root or not`, async () => {
    const CgroupParent = `/tsc-test-${process.pid}/${Runtime}`
    const see1 = (CgroupnsMode: 'host' | 'private') =>
      see('grep -m 1 cpu /proc/self/cgroup || cat /proc/self/cgroup', { Runtime, CgroupParent, CgroupnsMode })
    assert.match(await see1('host'), new RegExp(`:${CgroupParent}/[0-9a-f]{64}\n`))
    assert.match(await see1('private'), /:\/\n/)
    for (const folder of globSync(`/sys/fs/cgroup/{,*/}tsc-test-${process.pid}{/${Runtime},}`).sort().reverse())
      rmdirSync(folder)
  })

  test(`${Runtime}: oom_score_adj, and the size of /dev/shm`, async () => {
    const script = 'cat /proc/self/oom_score_adj; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2'
    assert.equal(await see(script, { Runtime, OomScoreAdj: 321, ShmSize: 2 * megabyte }), '321\n2048\n')
  })
}

const support = cgroupSupport()

if (support.memorySwappiness) {
  test('swappiness and a disabled OOM killer, where the kernel has them', async () => {
    for (const Runtime of ['crun', 'runc']) {
      const values = await valuesOf(
        { Runtime, Memory: 64 * megabyte, MemorySwappiness: 7, OomKillDisable: true },
        { swappiness: ['memory.swappiness', ''], oom: ['memory.oom_control', ''] },
      )
      assert.equal(values.swappiness, '7', Runtime)
      assert.match(values.oom ?? '', /^oom_kill_disable 1$/m, Runtime)
    }
  })
}

test('what the kernel lacks is discarded with a warning, and the container runs', async () => {
  const hostConfig = {
    BlkioWeight: 300,
    BlkioWeightDevice: [{ Path: hostDevice.path, Weight: 200 }],
    MemorySwappiness: 5,
    OomKillDisable: true,
    Memory: 64 * megabyte,
  }
  const lacking = [
    ...(support.memorySwappiness ? [] : ['memory swappiness']),
    ...(support.oomKillDisable ? [] : ['OomKillDisable']),
    ...(support.blkioWeight ? [] : ['Block I/O weight or']),
    ...(support.blkioWeightDevice ? [] : ['Block I/O weight_device']),
  ]
  const said = await warnings(hostConfig)
  assert.equal(said.length, lacking.length, said.join('\n'))
  for (const words of lacking)
    assert.ok(
      said.some(warning => warning.startsWith(`Your kernel does not support ${words}`)),
      words,
    )
  for (const Runtime of ['crun', 'runc']) assert.equal(await see('echo ran', { Runtime, ...hostConfig }), 'ran\n')
})

test('what contradicts itself is refused before anything is made', async () => {
  await assert.rejects(attempt({ Memory: 1000 }), /Minimum memory limit allowed is 6MB/)
  await assert.rejects(
    attempt({ NanoCpus: 1e12 }),
    /Range of CPUs is from 0\.01 to \d+\.00, as there are only \d+ CPUs/,
  )
  await assert.rejects(attempt({ CpusetCpus: '4000' }), /Requested CPUs are not available - requested 4000, available/)
  await assert.rejects(attempt({ BlkioDeviceReadBps: [{ Path: '/dev/nope', Rate: 1 }] }), /stat \/dev\/nope: no such/)
  await assert.rejects(attempt({ ShmSize: -1 }), /SHM size can not be less than 0/)
  await assert.rejects(attempt({ OomScoreAdj: 2000 }), /Invalid value 2000, range for oom score adj/)
  await assert.rejects(attempt({ StorageOpt: { foo: '1' } }), /Unknown option foo/)
  await assert.rejects(attempt({ StorageOpt: { size: '1G' } }), /--storage-opt is supported only for overlay over xfs/)
  assert.deepEqual(await engine().docker.listContainers({ all: true }), [])
})
