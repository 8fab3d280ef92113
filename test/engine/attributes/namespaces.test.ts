// Namespaces: one's own, the host's, another container's; and what is shared with them.
import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostConfig } from '../../../src/docker/protocol/types.ts'
import { exec, start } from '../run.ts'
import { inside, type Wanted } from './inside.ts'

const { engine, see, attempt } = inside()
const host = (kind: string) => `${readlinkSync(`/proc/self/ns/${kind}`)}\n`

for (const Runtime of ['crun', 'runc']) {
  const namespace = (kind: string, hostConfig: HostConfig) =>
    see(`readlink /proc/self/ns/${kind}`, { Runtime, ...hostConfig })

  test(`${Runtime}: the host's namespaces by name`, async () => {
    assert.equal(await namespace('pid', { PidMode: 'host' }), host('pid'))
    assert.equal(await namespace('ipc', { IpcMode: 'host' }), host('ipc'))
    assert.equal(await namespace('uts', { UTSMode: 'host' }), host('uts'))
    assert.equal(await namespace('net', { NetworkMode: 'host' }), host('net'))
    assert.notEqual(await namespace('pid', {}), host('pid'))
    assert.equal(await see('hostname', { Runtime, UTSMode: 'host' }), `${hostname()}\n`)
  })

  test(`${Runtime}: another container's processes, network and shared memory`, async () => {
    const base = await start(engine(), {
      name: `base-${Runtime}`,
      Cmd: ['sh', '-c', 'echo shared >/dev/shm/file; exec sleep 4321'],
      Hostname: 'base',
      HostConfig: { Runtime, IpcMode: 'shareable' },
    })
    const joined = `container:base-${Runtime}`
    const of = async (kind: string) => (await exec(base, ['readlink', `/proc/1/ns/${kind}`])).stdout
    assert.equal(await namespace('pid', { PidMode: joined }), await of('pid'))
    assert.match(await see('ps', { Runtime, PidMode: joined }), /sleep 4321/)
    assert.equal(await namespace('net', { NetworkMode: joined }), await of('net'))
    assert.equal(await see('hostname', { Runtime, NetworkMode: joined }), 'base\n')
    assert.equal(await namespace('ipc', { IpcMode: joined }), await of('ipc'))
    assert.equal(await see('cat /dev/shm/file; echo more >/dev/shm/more', { Runtime, IpcMode: joined }), 'shared\n')
    assert.equal((await exec(base, ['cat', '/dev/shm/more'])).stdout, 'more\n')
    // It outlives the engine that mounted it.
    await engine().crash()
    assert.equal(await see('cat /dev/shm/file', { Runtime, IpcMode: joined }), 'shared\n')
    await engine().docker.getContainer(base.id).remove({ force: true })
    assert.deepEqual(readdirSync(join(engine().runRoot, 'rootfs')), [])
    await assert.rejects(attempt({ Runtime, IpcMode: joined }), /No such container: base-/)
  })

  test(`${Runtime}: ipc: private is not joined, none has no /dev/shm`, async () => {
    const base = await start(engine(), { name: `own-${Runtime}`, Cmd: ['sleep', '1000'], HostConfig: { Runtime } })
    await assert.rejects(attempt({ Runtime, IpcMode: `container:own-${Runtime}` }), /non-shareable IPC/)
    await base.remove({ force: true })
    const script = 'ls -d /dev/shm 2>/dev/null; mount | grep -c shm; readlink /proc/self/ns/ipc'
    const [count, own] = (await see(script, { Runtime, IpcMode: 'none' })).trim().split('\n')
    assert.equal(count, '0')
    assert.notEqual(`${own}\n`, host('ipc'))
    // The host's shared memory is the host's.
    assert.equal(await see('stat -fc %T /dev/shm', { Runtime, IpcMode: 'host' }), 'tmpfs\n')
  })

  test(`${Runtime}: host and domain name, and none of one's own with the host's`, async () => {
    const named = { Hostname: 'box', Domainname: 'example.test' }
    const script = 'hostname; cat /proc/sys/kernel/domainname /etc/hostname; grep -c "box.example.test box" /etc/hosts'
    assert.equal(await see(script, { Runtime }, named), 'box\nexample.test\nbox\n1\n')
    await assert.rejects(attempt({ Runtime, UTSMode: 'host' }, named), /conflicting options: hostname and the UTS mode/)
  })
}

test("what belongs to another container's network is not set by who joins it", async () => {
  const base = await start(engine(), { name: 'owner', Cmd: ['sleep', '1000'] })
  const joining = (hostConfig: HostConfig, more: Wanted = {}) =>
    assert.rejects(
      attempt({ NetworkMode: 'container:owner', ...hostConfig }, more),
      /^ComposeError: conflicting options: /,
    )
  await joining({}, { Hostname: 'x' })
  await joining({ Dns: ['1.1.1.1'] })
  await joining({ ExtraHosts: ['a:1.1.1.1'] })
  await joining({ PortBindings: { '80/tcp': [{ HostPort: '1' }] } })
  await joining({}, { ExposedPorts: { '80/tcp': {} } })
  await base.remove({ force: true })
})

test('a mode that is none is refused by name', async () => {
  await assert.rejects(attempt({ IpcMode: 'bad' }), /invalid IPC mode: bad/)
  await assert.rejects(attempt({ PidMode: 'bad' }), /invalid PID mode: bad/)
  await assert.rejects(attempt({ UTSMode: 'bad' }), /invalid UTS mode: bad/)
  const modes: Record<string, unknown> = { CgroupnsMode: 'bad' }
  await assert.rejects(attempt(modes), /invalid cgroup namespace mode: bad/)
})
