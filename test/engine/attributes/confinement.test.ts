// Settings that take from a container or give to it: capabilities, security options, read-only, limits, sysctls.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { exec, start } from '../run.ts'
import { inside } from './inside.ts'

const { engine, see, attempt } = inside()

const effective = async (hostConfig: object) =>
  /^CapEff:\s*([0-9a-f]+)/m.exec(await see('cat /proc/self/status', hostConfig))?.[1]

/** Refuses one call and allows every other. */
const refusing = (name: string, more: object = {}) =>
  `seccomp=${JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    ],
    syscalls: [{ names: [name], action: 'SCMP_ACT_ERRNO', errnoRet: 38, ...more }],
  })}`

for (const Runtime of ['crun', 'runc']) {
  test(`${Runtime}: cap_add and cap_drop, with and without CAP_, and ALL`, async () => {
    assert.equal(await effective({ Runtime, CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'cap_chown'] }), '0000000000001001')
    assert.equal(await effective({ Runtime, CapDrop: ['chown'] }), '00000000a80425fa')
    const own = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    assert.equal(await effective({ Runtime, CapAdd: ['ALL'] }), own)
  })

  test(`${Runtime}: a seccomp profile of one's own is what filters, for exec too`, async () => {
    const HostConfig = { Runtime, SecurityOpt: [refusing('mkdir')] }
    const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig })
    const { stderr } = await exec(container, ['mkdir', '/made'])
    assert.match(stderr, /Function not implemented/)
    // Docker's default would refuse this.
    const { stdout } = await exec(container, ['sh', '-c', 'unshare -U true && echo allowed'])
    assert.equal(stdout, 'allowed\n')
    await container.remove({ force: true })
  })

  test(`${Runtime}: a seccomp rule holds by capabilities and arguments`, async () => {
    const unlessKill = refusing('mkdir', { excludes: { caps: ['CAP_KILL'] } })
    const script = 'mkdir /made 2>/dev/null && echo made'
    assert.equal(await see(script, { Runtime, SecurityOpt: [unlessKill] }), 'made\n')
    assert.equal(await see(script, { Runtime, SecurityOpt: [unlessKill], CapDrop: ['KILL'] }), '')
    const ofMode = (value: number) => refusing('mkdir', { args: [{ index: 1, value, op: 'SCMP_CMP_EQ' }] })
    assert.equal(await see(script, { Runtime, SecurityOpt: [ofMode(0o777)] }), '')
    assert.equal(await see(script, { Runtime, SecurityOpt: [ofMode(0o700)] }), 'made\n')
  })

  test(`${Runtime}: unconfined has no filter, privileged only the one it names`, async () => {
    const filter = (hostConfig: object) => see('grep Seccomp: /proc/self/status', { Runtime, ...hostConfig })
    assert.equal(await filter({}), 'Seccomp:\t2\n')
    assert.equal(await filter({ SecurityOpt: ['seccomp=unconfined'] }), 'Seccomp:\t0\n')
    assert.equal(await filter({ Privileged: true }), 'Seccomp:\t0\n')
    assert.equal(await filter({ Privileged: true, SecurityOpt: [refusing('mkdir')] }), 'Seccomp:\t2\n')
  })

  test(`${Runtime}: no-new-privileges, and system paths that are shown`, async () => {
    const SecurityOpt = ['no-new-privileges:true']
    assert.equal(await see('grep NoNewPrivs /proc/self/status', { Runtime, SecurityOpt }), 'NoNewPrivs:\t1\n')
    const masks = (hostConfig: object) =>
      see('mount | grep -c " /proc/[a-z]"', { Runtime, ...hostConfig }).then(text => Number(text))
    assert.ok((await masks({})) > 5)
    assert.equal(await masks({ MaskedPaths: [], ReadonlyPaths: [] }), 0)
    assert.equal(await masks({ SecurityOpt: ['systempaths=unconfined'] }), 0)
  })

  test(`${Runtime}: ulimits, soft and hard`, async () => {
    const Ulimits = [
      { Name: 'nofile', Soft: 100, Hard: 200 },
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'stack', Soft: 1024 * 1024, Hard: 2 * 1024 * 1024 },
    ]
    const script = 'ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -Ss; ulimit -Hs'
    assert.equal(await see(script, { Runtime, Ulimits }), '100\n200\n0\n1024\n2048\n')
    // The Go runtime of runc 1.1 may raise the soft limit of open files, and that alone, in what it executes: there the
    // two are the same.
    const executedWith = Ulimits.map(limit =>
      Runtime === 'runc' && limit.Name === 'nofile' ? { ...limit, Soft: limit.Hard } : limit,
    )
    const HostConfig = { Runtime, Ulimits: executedWith, OomScoreAdj: 12 }
    const container = await start(engine(), { Cmd: ['sleep', '1000'], HostConfig })
    const executed = await exec(container, ['sh', '-c', `${script}; cat /proc/self/oom_score_adj`])
    assert.equal(executed.stdout, `${Runtime === 'runc' ? 200 : 100}\n200\n0\n1024\n2048\n12\n`)
    await container.remove({ force: true })
  })

  test(`${Runtime}: sysctls of the container's own namespaces`, async () => {
    const Sysctls = { 'net.ipv4.ip_forward': '0', 'net.core.somaxconn': '77', 'kernel.msgmax': '9999' }
    const script = 'cd /proc/sys; cat net/ipv4/ip_forward net/core/somaxconn kernel/msgmax'
    assert.equal(await see(script, { Runtime, Sysctls }), '0\n77\n9999\n')
  })

  test(`${Runtime}: a read-only root leaves tmpfs alone`, async () => {
    const script = '(: >/no) 2>/dev/null && echo root; : >/yes/file && echo tmpfs; : >/dev/shm/file && echo shm'
    assert.equal(await see(script, { Runtime, ReadonlyRootfs: true, Tmpfs: { '/yes': '' } }), 'tmpfs\nshm\n')
  })
}

test('sysctls of the host are refused', async () => {
  await assert.rejects(attempt({ Sysctls: { 'kernel.panic': '9' } }), /kernel\.panic/)
  await assert.rejects(
    attempt({ Sysctls: { 'net.ipv4.ip_forward': '1' }, NetworkMode: 'host' }),
    /net\.ipv4\.ip_forward/,
  )
  await assert.rejects(attempt({ Sysctls: { 'kernel.msgmax': '9' }, IpcMode: 'host' }), /kernel\.msgmax/)
})

test('what is unknown or missing is refused by name', async () => {
  await assert.rejects(attempt({ CapAdd: ['FLY'] }), /invalid CapAdd: unknown capability: "CAP_FLY"/)
  await assert.rejects(attempt({ CapDrop: ['FLY'] }), /invalid CapDrop: unknown capability: "CAP_FLY"/)
  await assert.rejects(attempt({ SecurityOpt: ['foo=bar'] }), /invalid --security-opt 2: "foo=bar"/)
  await assert.rejects(attempt({ SecurityOpt: ['seccomp={bad'] }), /Decoding seccomp profile failed/)
  await assert.rejects(attempt({ UsernsMode: 'private' }), /invalid USER mode: private/)
  assert.equal(await see('echo ran', { UsernsMode: 'host' }), 'ran\n')
  await assert.rejects(attempt({ Ulimits: [{ Name: 'foo', Soft: 1, Hard: 1 }] }), /RLIMIT_FOO/i)
  await assert.rejects(attempt({ Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 1 }] }), /rlimit|RLIMIT/)
})
