// A container without special settings is confined as Docker's: what it can see and do, looked at from inside.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startEngine, type TestEngine } from './engine-process.ts'
import { exec, importBusybox, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
})
after(() => engine[Symbol.asyncDispose]())

for (const Runtime of ['crun', 'runc']) {
  const inside = async (script: string, HostConfig: object = {}, more: object = {}) =>
    (await shell(engine, script, { HostConfig: { Runtime, ...HostConfig }, ...more })).stdout

  test(`${Runtime}: capabilities are Docker's defaults, and none for another user`, async () => {
    const sets = (text: string) =>
      Object.fromEntries([...text.matchAll(/^Cap(\w+):\s*([0-9a-f]+)/gm)].map(([, name, bits]) => [name, bits]))
    const root = sets(await inside('cat /proc/self/status'))
    assert.deepEqual(root, {
      Inh: '0000000000000000',
      Prm: '00000000a80425fb',
      Eff: '00000000a80425fb',
      Bnd: '00000000a80425fb',
      Amb: '0000000000000000',
    })
    const other = sets(await inside('cat /proc/self/status', {}, { User: 'app' }))
    assert.deepEqual([other.Eff, other.Prm, other.Bnd], ['0000000000000000', '0000000000000000', '00000000a80425fb'])
  })

  test(`${Runtime}: the system call filter refuses what Docker's refuses`, async () => {
    assert.match(await inside('grep Seccomp: /proc/self/status'), /2$/m)
    const refused = ['unshare -m true', 'mount -t tmpfs t /tmp', 'unshare -U true', 'swapoff -a']
    for (const command of refused)
      assert.doesNotMatch(await inside(`${command} 2>/dev/null && echo worked`), /worked/, command)
    assert.match(await inside('unshare -U true && echo worked', { SecurityOpt: ['seccomp=unconfined'] }), /worked/)
  })

  test(`${Runtime}: kernel files are masked or read-only`, async () => {
    const masked = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/proc/interrupts']
    for (const path of masked) assert.equal(await inside(`head -c 1 ${path} 2>/dev/null | wc -c`), '0\n', path)
    assert.equal(await inside('ls -A /sys/firmware /proc/acpi /proc/scsi 2>/dev/null | grep -v : | grep -c .'), '0\n')
    const readOnly = [
      '/proc/sys/kernel/hostname',
      '/proc/sysrq-trigger',
      '/proc/irq/default_smp_affinity',
      '/sys/kernel/profiling',
    ]
    for (const path of readOnly) assert.equal(await inside(`(echo 1 > ${path}) 2>/dev/null && echo written`), '', path)
    assert.match(await inside('mount'), /cgroup.*\(ro|\/sys\/fs\/cgroup.*\(ro/)
  })

  test(`${Runtime}: only harmless devices are there, and others can't be used when made`, async () => {
    // /dev/core leads to /proc/kcore, which is masked; not every runtime makes it.
    const devices = (await inside('ls /dev')).split(/\s+/).filter(name => name !== '' && name !== 'core')
    const harmless = 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'
    assert.equal(devices.sort().join(' '), harmless)
    assert.doesNotMatch(await inside('mknod /disk b 254 0 && head -c 1 /disk >/dev/null && echo read'), /read/)
  })

  test(`${Runtime}: namespaces are the container's own`, async () => {
    const kinds = ['pid', 'net', 'ipc', 'uts', 'mnt']
    const own = await inside(`for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind; done`)
    for (const line of own.trim().split('\n')) {
      const [kind = ''] = line.split(':')
      assert.notEqual(line, readlinkSync(`/proc/self/ns/${kind}`), kind)
    }
    assert.equal(own.trim().split('\n').length, kinds.length)
    assert.equal((await inside('ps -o pid')).trim().split(/\s+/).length, 2)
  })

  test(`${Runtime}: no descriptor of the engine or the runtime is left open`, async () => {
    const open = await inside('for fd in /proc/self/fd/*; do readlink $fd; done')
    assert.doesNotMatch(open, /engine|\.db|\.sock|\/run\/|cgroup/, open)
    const container = await start(engine, { Cmd: ['sleep', '1000'], HostConfig: { Runtime } })
    const { stdout } = await exec(container, ['sh', '-c', 'ls -l /proc/self/fd /proc/1/fd'])
    assert.doesNotMatch(stdout, /engine|\.db|\.sock|\/run\//, stdout)
    await container.remove({ force: true })
  })

  test(`${Runtime}: privileged gives what it names, no-new-privileges takes`, async () => {
    assert.match(await inside('mount -t tmpfs t /tmp && echo worked', { Privileged: true }), /worked/)
    assert.match(await inside('grep NoNewPrivs /proc/self/status', { SecurityOpt: ['no-new-privileges'] }), /1$/m)
    assert.match(
      await inside('grep CapEff /proc/self/status', { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] }),
      /0000000000001000/,
    )
  })
}

test('other users of the host reach neither images nor volumes nor the socket', () => {
  const look = (path: string) =>
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'ls', path], { encoding: 'utf8' })
  assert.equal(look('/').status, 0)
  for (const path of ['', 'layers', 'volumes', 'run', 'run/engine.sock']) {
    assert.match(look(`${engine.root}/${path}`).stderr, /Permission denied/, path)
  }
})
