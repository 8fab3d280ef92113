// What this kernel has and the tests' usual one has not: AppArmor, and quotas of projects.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startEngine } from '../../engine/engine-process.ts'
import { exec, importBusybox, shell, start } from '../../engine/run.ts'

test("a container without a profile of its own has one of AppArmor, which denies what Docker's denies", async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const more = { CapAdd: ['SYS_ADMIN'], SecurityOpt: ['seccomp=unconfined'], Runtime: 'crun' }
  const script =
    'cat /proc/self/attr/current; mount -t tmpfs t /tmp && echo mounted; echo 1 >/proc/sys/kernel/panic && echo written'
  const container = await start(engine, {
    Cmd: ['sleep', '1000'],
    HostConfig: { ...more, MaskedPaths: [], ReadonlyPaths: [] },
  })
  const { stdout } = await exec(container, ['sh', '-c', script])
  assert.match(stdout, /^tsc-compose-default \(enforce\)/)
  assert.doesNotMatch(stdout, /mounted|written/)
  assert.equal((await container.kill({ signal: 'SIGKILL' })) ?? 'ended', 'ended')
  await container.remove({ force: true })
  const unconfined = { ...more, SecurityOpt: [...more.SecurityOpt, 'apparmor=unconfined'] }
  assert.match((await shell(engine, script, { HostConfig: unconfined })).stdout, /^unconfined\s.*mounted/s)
  const runc = await shell(engine, script, { HostConfig: { ...more, Runtime: 'runc' } })
  assert.match(runc.stdout, /^tsc-compose-default \(enforce\)/)
  assert.doesNotMatch(runc.stdout, /mounted/)
  const info = await engine.docker.info()
  assert.ok(info.SecurityOptions?.includes('name=apparmor'))
  const unknown = await engine.docker.createContainer({
    Image: 'busybox',
    HostConfig: { SecurityOpt: ['apparmor=no-such'] },
  })
  await assert.rejects(unknown.start(), /AppArmor profile "no-such" is not loaded/)
  await unknown.remove()
})

test('storage_opt: what a container writes into its root is limited to its size', async () => {
  mkdirSync('/var/lib/roots', { recursive: true })
  const before = process.env.TMPDIR
  // A data root on the disk that can limit.
  process.env.TMPDIR = '/var/lib/roots'
  try {
    assert.match(readFileSync('/proc/mounts', 'utf8'), /\/var\/lib ext4 \S*prjquota/)
    await using engine = await startEngine()
    await importBusybox(engine)
    const fill = 'dd if=/dev/zero of=/big bs=1M count=40 2>/dev/null; stat -c %s /big; df -m / | tail -1'
    const limited = await shell(engine, fill, { HostConfig: { StorageOpt: { size: '20M' } } })
    const [size = ''] = limited.stdout.split('\n')
    assert.ok(Number(size) > 10 * 2 ** 20 && Number(size) <= 20 * 2 ** 20, limited.stdout)
    const free = await shell(engine, fill)
    assert.equal(free.stdout.split('\n')[0], String(40 * 2 ** 20))
    await assert.rejects(
      engine.docker.createContainer({ Image: 'busybox', HostConfig: { StorageOpt: { size: 'much' } } }),
      /invalid size: 'much'/,
    )
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
})
