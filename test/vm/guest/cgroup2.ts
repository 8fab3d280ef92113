// What the engine must do on a kernel with cgroup v2 only. Runs in the virtual machine, where every container takes a
// second: one of them shows as much as it can.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Container } from '../../../src/docker/client/container.ts'
import type { ContainerCreateRequest, HostConfig } from '../../../src/docker/protocol/types.ts'
import { CLONE, MNT_DETACH, MS, mount, umount, unshare } from '../../../src/engine/kernel/libc.ts'
import { linkNames } from '../../../src/engine/networks/link-names.ts'
import { startEngine, type TestEngine, until } from '../../engine/engine-process.ts'
import { exec, importBusybox, start } from '../../engine/run.ts'

const groups = '/sys/fs/cgroup'
const megabyte = 1024 * 1024
/** sched.h */
const CLONE_NEWCGROUP = 0x02000000

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

const ownGroup = () => join(groups, `tsc-compose-${linkNames(engine.root).prefix.slice(3)}`)
const folderOf = ({ id }: Container) => join(ownGroup(), id)
const valueIn = (container: Container, file: string) => readFileSync(join(folderOf(container), file), 'utf8').trim()
const disk = readFileSync('/sys/block/vdc/dev', 'utf8').trim()

/** With this scheduler loaded weights are its matter; that of one device is so where the device has it. */
function useBfq(): void {
  if (!existsSync('/sys/module/bfq')) execFileSync('insmod', ['/modules/bfq.ko'])
  writeFileSync('/sys/block/vdc/queue/scheduler', 'bfq')
}

async function running(wanted: ContainerCreateRequest, look: (container: Container) => Promise<void>): Promise<void> {
  const container = await start(engine, { Cmd: ['sleep', '1000'], StopTimeout: 0, ...wanted })
  try {
    await look(container)
  } finally {
    await container.remove({ force: true, v: true })
  }
}

const limits: [what: string, host: HostConfig, files: Record<string, string>][] = [
  [
    'memory with as much swap, processors, cpuset, shares, processes',
    { Memory: 64 * megabyte, NanoCpus: 500_000_000, CpusetCpus: '1', CpusetMems: '0', CpuShares: 512, PidsLimit: 17 },
    {
      'memory.max': '67108864',
      'memory.swap.max': '67108864',
      'memory.low': '0',
      'cpu.max': '50000 100000',
      'cpuset.cpus': '1',
      'cpuset.mems': '0',
      'cpu.weight': '20',
      'pids.max': '17',
    },
  ],
  [
    'memory and swap, reservation, period and quota, reads and writes, their weight',
    {
      Memory: 64 * megabyte,
      MemorySwap: 96 * megabyte,
      MemoryReservation: 32 * megabyte,
      CpuPeriod: 50_000,
      CpuQuota: 10_000,
      BlkioWeight: 500,
      BlkioDeviceReadBps: [{ Path: '/dev/vdc', Rate: 1_000_000 }],
      BlkioDeviceWriteIOps: [{ Path: '/dev/vdc', Rate: 50 }],
    },
    {
      'memory.swap.max': '33554432',
      'memory.low': '33554432',
      'memory.high': 'max',
      'cpu.max': '10000 50000',
      'io.bfq.weight': 'default 500',
      'io.max': `${disk} rbps=1000000 wbps=max riops=max wiops=50`,
    },
  ],
  [
    'swap without end, all processes',
    { Memory: 64 * megabyte, MemorySwap: -1, PidsLimit: -1 },
    { 'memory.max': '67108864', 'memory.swap.max': 'max', 'pids.max': 'max' },
  ],
]

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: weight of reads and writes, without the scheduler bfq`, () =>
    running({ HostConfig: { Runtime, BlkioWeight: 505 } }, async container =>
      assert.equal(valueIn(container, 'io.weight'), 'default 5000'),
    ))
}

for (const Runtime of ['crun', 'runc']) {
  for (const [what, host, files] of limits) {
    test(`${Runtime}: ${what}`, () => {
      if (host.BlkioWeight) useBfq()
      return running({ HostConfig: { Runtime, ...host } }, async container => {
        const found = Object.keys(files).map(file => [file, valueIn(container, file)])
        assert.deepEqual(Object.fromEntries(found), files)
      })
    })
  }

  test(`${Runtime}: a container sees its own group as the root, and so does a program run in it`, () =>
    running({ HostConfig: { Runtime } }, async container => {
      const { stdout } = await exec(container, [
        'sh',
        '-c',
        'cat /proc/1/cgroup /proc/self/cgroup; grep -c . /sys/fs/cgroup/cgroup.procs; touch /sys/fs/cgroup/x 2>&1',
      ])
      assert.equal(stdout, '0::/\n0::/\n3\ntouch: /sys/fs/cgroup/x: Read-only file system\n')
    }))

  test(`${Runtime}: a device that is not allowed can't be opened, an allowed one only as it is allowed`, () => {
    const allowed = { PathOnHost: '/dev/vdc', PathInContainer: '/dev/disk', CgroupPermissions: 'r' }
    return running({ HostConfig: { Runtime, Devices: [allowed] } }, async container => {
      const script = `mknod /other b ${disk.split(':')[0]} 0; head -c 1 /dev/disk | wc -c; : </other; : >/dev/disk`
      const { stdout, stderr } = await exec(container, ['sh', '-c', script])
      assert.equal(stdout, '1\n')
      assert.match(stderr, /can't open \/other: Operation not permitted/)
      assert.match(
        (await exec(container, ['sh', '-c', ': >/dev/disk'])).stderr,
        /can't create \/dev\/disk: Operation not permitted/,
      )
    })
  })

  test(`${Runtime}: the host's groups and a parent of one's own, which stays when the container goes`, async () => {
    await running({ HostConfig: { Runtime, CgroupnsMode: 'host', CgroupParent: '/own/parent' } }, async container => {
      assert.equal((await exec(container, ['cat', '/proc/1/cgroup'])).stdout, `0::/own/parent/${container.id}\n`)
    })
    const left = readdirSync(join(groups, 'own/parent'), { withFileTypes: true })
    assert.deepEqual(
      left.filter(entry => entry.isDirectory()),
      [],
    )
  })

  test(`${Runtime}: a container that the kernel ends for its memory is told as such`, async () => {
    const container = await start(engine, {
      Cmd: ['sh', '-c', 'dd if=/dev/zero of=/dev/null bs=100M count=1'],
      HostConfig: { Runtime, Memory: 16 * megabyte, MemorySwap: 16 * megabyte },
    })
    await container.wait()
    const { State } = await container.inspect()
    assert.equal(State?.OOMKilled, true)
    assert.equal(State?.ExitCode, 137)
    await container.remove()
  })

  test(`${Runtime}: pause freezes, unpause thaws, and nothing is left of a stopped container's group`, () =>
    running({ HostConfig: { Runtime } }, async container => {
      await container.pause()
      assert.match(valueIn(container, 'cgroup.events'), /frozen 1/)
      await container.unpause()
      assert.match(valueIn(container, 'cgroup.events'), /frozen 0/)
      await container.stop()
      assert.ok(!existsSync(folderOf(container)))
    }))
}

test('runc: weight of reads and writes of one device', () =>
  running(
    { HostConfig: { Runtime: 'runc', BlkioWeightDevice: [{ Path: '/dev/vdc', Weight: 300 }] } },
    async container => assert.equal(valueIn(container, 'io.bfq.weight'), `default 100\n${disk} 300`),
  ))

test('what cgroup v2 has no word for is discarded with a warning, or refused', async () => {
  const host = { MemorySwappiness: 50, OomKillDisable: true, Memory: 64 * megabyte }
  const created = await engine.docker.createContainer({ Image: 'busybox', HostConfig: host })
  assert.equal(created.warnings.length, 2)
  await created.start()
  await created.remove({ force: true })
  await assert.rejects(
    engine.docker.createContainer({ Image: 'busybox', HostConfig: { CpuRealtimeRuntime: 1000 } }),
    /kernel does not support CPU real-time scheduler/,
  )
})

test('a policy starts a container again as often as it says', async () => {
  const container = await start(engine, {
    Cmd: ['false'],
    HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
  })
  await until(async () => {
    const { RestartCount, State } = await container.inspect()
    return RestartCount === 2 && State?.Status === 'exited'
  }, 'the last of two restarts')
  await container.remove()
})

test('kill -9 of the engine: containers run on with their names, ports and limits', async () => {
  await engine.docker.createNetwork({ Name: 'net' })
  const web = await start(engine, {
    name: 'web',
    Cmd: ['sh', '-c', 'echo served > /var/www/index.html; exec httpd -f -p 80 -h /var/www'],
    HostConfig: { NetworkMode: 'net', PidsLimit: 20, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
  })
  const before = (await web.inspect()).State?.Pid
  await engine.crash()
  const again = engine.docker.getContainer(web.id)
  assert.equal((await again.inspect()).State?.Pid, before)
  assert.equal(valueIn(again, 'pids.max'), '20')
  const get = async () => (await fetch('http://127.0.0.1:8080/', { signal: AbortSignal.timeout(5000) })).text()
  assert.equal(await get(), 'served\n')
  await running({ HostConfig: { NetworkMode: 'net' } }, async other => {
    assert.equal((await exec(other, ['wget', '-q', '-O-', 'http://web/'])).stdout, 'served\n')
  })
  await again.remove({ force: true })
  await engine.docker.getNetwork('net').remove()
})

test('after the stop of the engine its own group is gone', async () => {
  assert.ok(existsSync(ownGroup()))
  await engine.stop()
  await until(() => !existsSync(ownGroup()), `the end of ${ownGroup()}`)
})

// The last, since this thread does not come back from there.
test("inside somebody else's group containers have limits too, and afterwards it is as it was", async () => {
  const box = join(groups, 'box')
  writeFileSync(join(groups, 'cgroup.subtree_control'), '+memory +pids')
  mkdirSync(box)
  writeFileSync(join(box, 'cgroup.procs'), String(process.pid))
  unshare(CLONE.NEWNS | CLONE_NEWCGROUP)
  mount('', '/', '', MS.PRIVATE | MS.REC)
  umount(groups, MNT_DETACH)
  mount('cgroup2', groups, 'cgroup2', 0)
  const look = () => ['cgroup.subtree_control', 'cgroup.procs'].map(file => readFileSync(join(groups, file), 'utf8'))
  const before = look()
  engine = await startEngine()
  await importBusybox(engine)
  for (const Runtime of ['crun', 'runc'])
    await running({ HostConfig: { Runtime, PidsLimit: 17 } }, async container =>
      assert.equal(valueIn(container, 'pids.max'), '17'),
    )
  await engine.stop()
  await until(() => look().join() === before.join(), 'the group as it was')
})
