// What the host lacks or changes while the engine runs: each is told with what to do, or mended, and the engine lives.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ContainerInspectResponse } from '../../src/docker/protocol/types.ts'
import { close, lock, O, open } from '../../src/engine/kernel/libc.ts'
import { nft } from '../../src/engine/kernel/nftables.ts'
import { linkNames } from '../../src/engine/networks/link-names.ts'
import { alive, processesOf, startEngine, type TestEngine, until } from './engine-process.ts'
import { exec, importBusybox, shell, start } from './run.ts'

const sh = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' })
const sleeper = { Cmd: ['sleep', '1000'] }
const server = { Cmd: ['sh', '-c', 'echo served > /var/www/index.html; exec httpd -f -p 80 -h /var/www'] }

/** What a server answers at its container's own address. */
async function served({ NetworkSettings }: ContainerInspectResponse): Promise<string> {
  const [network] = Object.values(NetworkSettings?.Networks ?? {})
  const ask = () => fetch(`http://${network?.IPAddress}/`, { signal: AbortSignal.timeout(2000) })
  await until(
    () =>
      ask().then(
        () => true,
        () => false,
      ),
    `an answer of ${network?.IPAddress}`,
  )
  return (await ask()).text()
}

/** A data root on a file system of its own, of so many MiB; the run root is in memory, as /run is. */
const onDisk = (mebibytes: number) => ({
  prepare(root: string) {
    const image = `${root}.img`
    sh(
      `truncate -s ${mebibytes}M ${image} && mkfs.ext4 -q -m 0 ${image} && mount -o loop ${image} ${root} && mkdir ${root}/run && mount -t tmpfs run ${root}/run`,
    )
  },
  undo: (root: string) => void sh(`umount -l ${root}/run 2>/dev/null; umount -l ${root}; rm -f ${root}.img`),
})

test('a full disk: what needs room fails with the reason, what runs goes on, and room makes it well again', async () => {
  await using engine = await startEngine({}, onDisk(48))
  await importBusybox(engine)
  const { docker } = engine
  const running = await start(engine, { Cmd: ['sh', '-c', 'while [ ! -e /go ]; do sleep 0.05; done; exit 7'] })
  const others = await Promise.all(['one', 'two'].map(name => start(engine, { name, ...sleeper })))
  await exec(running, ['touch', '/go.not'])
  sh(
    `dd if=/dev/zero of=${engine.root}/filler bs=64k 2>/dev/null || dd if=/dev/zero of=${engine.root}/rest bs=1 2>/dev/null || true`,
  )
  const before = readdirSync(`${engine.root}/containers`).length
  const refusal = /(ENOSPC|disk is full).*disk is full: df -h /
  await assert.rejects(docker.createContainer({ Image: 'busybox', name: 'third', ...sleeper }), refusal)
  await assert.rejects(docker.createVolume({ Name: 'more' }), refusal)
  await assert.rejects(importBusybox(engine), refusal)
  assert.equal(readdirSync(`${engine.root}/containers`).length, before)
  assert.deepEqual((await docker.listVolumes()).Volumes, [])
  // The end of one, the stop of the second and the removal of the third need no room that isn't there.
  const ended = running.wait()
  process.kill((await running.inspect()).State?.Pid ?? 0, 'SIGKILL')
  assert.equal((await ended).StatusCode, 137)
  await others[0]?.stop({ t: 0 })
  await others[1]?.remove({ force: true })
  assert.equal((await running.inspect()).State?.Status, 'exited')
  assert.equal((await others[0]?.inspect())?.State?.Status, 'exited')
  rmSync(`${engine.root}/filler`)
  rmSync(`${engine.root}/rest`, { force: true })
  assert.equal((await shell(engine, 'echo room')).stdout, 'room\n')
  await engine.crash()
  const states = (await engine.docker.listContainers({ all: true })).map(({ Names, State }) => `${Names?.[0]} ${State}`)
  assert.deepEqual(
    states.filter(line => /^.(one|two) /.test(line)),
    ['/one exited'],
  )
})

test('a full run root: the engine lives, says what it could not do, and does it when there is room', async () => {
  await using engine = await startEngine({}, onDisk(48))
  await importBusybox(engine)
  await start(engine, sleeper)
  const pid = engine.pid()
  const supervisors = () => processesOf(engine.root).filter(line => line.includes('tsc-compose-supervisor'))
  const [supervisor = ''] = supervisors()
  const fill = `dd if=/dev/zero of=${engine.runRoot}/filler bs=4k 2>/dev/null || true`
  sh(`mount -o remount,size=1M ${engine.runRoot}; rm ${engine.runRoot}/supervisor; ${fill}`)
  process.kill(Number.parseInt(supervisor, 10), 'SIGKILL')
  const complaints = () =>
    readFileSync(`${engine.root}/engine.log`, 'utf8').match(/nobody would start the engine again: .*ENOSPC/g) ?? []
  await until(() => complaints().length > 0, 'the complaint')
  rmSync(`${engine.runRoot}/filler`)
  await until(() => supervisors().length === 1, 'another supervisor')
  assert.equal(complaints().length, 1, 'it is told once')
  assert.equal(engine.pid(), pid)
})

test('a disk that has become read-only is told, and containers run on', async () => {
  await using engine = await startEngine({}, onDisk(48))
  await importBusybox(engine)
  const container = await start(engine, sleeper)
  sh(`mount -o remount,abort ${engine.root}`)
  await assert.rejects(
    engine.docker.createContainer({ Image: 'busybox', ...sleeper }),
    /EROFS.*is mounted read-only, perhaps after an error of the disk/,
  )
  assert.equal((await container.inspect()).State?.Status, 'running')
  await container.kill()
  assert.equal((await container.inspect()).State?.ExitCode, 137)
})

test('a data root that is read-only or on overlayfs from the beginning is refused with the reason', async () => {
  const readOnly = { ...onDisk(16), wrapper: [] }
  const prepare = (root: string) => {
    readOnly.prepare(root)
    sh(`mount -o remount,ro ${root}`)
  }
  await assert.rejects(startEngine({}, { prepare, undo: readOnly.undo }), /EROFS.*is mounted read-only/)
  const overlay = {
    prepare(root: string) {
      const parts = ['lower', 'upper', 'work'].map(name => join(`${root}.parts`, name))
      for (const part of parts) mkdirSync(part, { recursive: true })
      sh(`mount -t overlay overlay -o lowerdir=${parts[0]},upperdir=${parts[1]},workdir=${parts[2]} ${root}`)
    },
    undo: (root: string) => void sh(`umount -l ${root}; rm -rf ${root}.parts`),
  }
  await assert.rejects(startEngine({}, overlay), /overlayfs can't work on overlay.*give the engine a volume/)
})

test('out of file descriptors: what needs one is refused with the reason, and works when there are some', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const container = await engine.docker.createContainer({ Image: 'busybox', ...server })
  const pid = engine.pid()
  // The first is for the connection that asks. With each one more the start gets further, and each time nothing
  // half-made may be left to the next.
  let refused = 0
  for (let spare = 1; ; spare++) {
    sh(`prlimit --pid ${pid} --nofile=${readdirSync(`/proc/${pid}/fd`).length + spare}:20000`)
    try {
      await container.start()
      break
    } catch (error) {
      assert.match(String(error), /(EMFILE|too many open files).*no file descriptors left/i, `with ${spare}`)
      refused++
    }
    assert.ok(alive(pid))
  }
  assert.ok(refused > 0)
  assert.equal(engine.pid(), pid)
  sh(`prlimit --pid ${pid} --nofile=20000:20000`)
  assert.equal(await served(await container.inspect()), 'served\n')
})

test('a bridge that was half-made when the engine was killed is finished', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const { docker } = engine
  const { id } = await docker.createNetwork({ Name: 'half' })
  const bridge = linkNames(engine.root).bridge(id)
  await engine.crash(() => void sh(`ip link set ${bridge} down && ip addr flush dev ${bridge}`))
  const container = await start(engine, { ...server, HostConfig: { NetworkMode: 'half' } })
  assert.equal(await served(await container.inspect()), 'served\n')
})

/** Routes as a VPN adds them, in a network namespace of the engine's own. */
const withRoutes = (...routes: string[]) => ({
  wrapper: [
    'unshare',
    '--net',
    'sh',
    '-c',
    `ip link set lo up && ${routes.map(route => `ip route add ${route} dev lo`).join(' && ')} && exec "$@"`,
    'sh',
  ],
})

test("a network keeps out of the host's routes, and says so when it is told not to", async () => {
  await using engine = await startEngine({}, withRoutes('172.18.0.0/15', '10.8.0.0/16'))
  const { docker } = engine
  const network = await docker.createNetwork({ Name: 'free' })
  const subnet = (await docker.getNetwork(network.id).inspect()).IPAM?.Config?.[0]?.Subnet
  assert.match(subnet ?? '', /^172\.20\./)
  const clash = docker.createNetwork({ Name: 'clash', IPAM: { Config: [{ Subnet: '10.8.4.0/24' }] } })
  await assert.rejects(clash, /Pool overlaps.*10\.8\.0\.0\/16.*in use by another network or by a route of this host/)
})

test('pools without a free subnet, and a subnet without a free address, are told with what to do', async () => {
  await using engine = await startEngine({}, withRoutes('172.16.0.0/12', '192.168.0.0/16'))
  await importBusybox(engine)
  const { docker } = engine
  await assert.rejects(docker.createNetwork({ Name: 'another' }), /fully subnetted.*remove networks that are not used/)
  await docker.createNetwork({ Name: 'small', IPAM: { Config: [{ Subnet: '10.9.0.0/30' }] } })
  const on = { HostConfig: { NetworkMode: 'small' } }
  await start(engine, { ...sleeper, ...on })
  const second = await docker.createContainer({ Image: 'busybox', ...sleeper, ...on })
  await assert.rejects(second.start(), /network small: no available IPv4 addresses/)
  assert.equal((await second.inspect()).State?.Status, 'created')
})

test('engines that choose a subnet at the same time choose different ones', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const container = await engine.docker.createContainer({ Image: 'busybox', ...server })
  // As another engine does while it chooses.
  const fd = open('/run', O.RDONLY | O.DIRECTORY)
  lock(fd)
  const link = `tsctest${process.pid}`
  try {
    const started = container.start()
    await until(() => waitsForLock(engine.pid()), 'the engine to wait for its turn')
    sh(`ip link add ${link} type bridge && ip addr add 172.18.0.1/15 dev ${link} && ip link set ${link} up`)
    close(fd)
    await started
    assert.match(await subnetOf(engine, 'bridge'), /^172\.20\./)
    assert.equal(await served(await container.inspect()), 'served\n')
  } finally {
    sh(`ip link del ${link} 2>/dev/null || true`)
  }
})

test('a network that nobody uses yet gets another subnet when a route of the host has taken its own', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  const { id } = await engine.docker.createNetwork({ Name: 'chosen' })
  await engine.docker.createNetwork({ Name: 'asked', IPAM: { Config: [{ Subnet: '10.213.0.0/24' }] } })
  const before = await subnetOf(engine, 'chosen')
  const link = `tsctest${process.pid}`
  try {
    await engine.crash(() => {
      const { bridge, prefix } = linkNames(engine.root)
      sh(`ip link del ${bridge(id)}; for link in $(ls /sys/class/net | grep ^${prefix}b); do ip link del $link; done`)
      sh(`ip link add ${link} type bridge && ip link set ${link} up`)
      sh(`ip route add ${before} dev ${link}; ip route add 10.213.0.0/24 dev ${link}`)
    })
    assert.notEqual(await subnetOf(engine, 'chosen'), before)
    assert.equal(await subnetOf(engine, 'asked'), '10.213.0.0/24', 'what was asked for stays')
    const container = await start(engine, { ...server, HostConfig: { NetworkMode: 'chosen' } })
    assert.equal(await served(await container.inspect()), 'served\n')
  } finally {
    sh(`ip link del ${link} 2>/dev/null || true`)
  }
})

const subnetOf = async ({ docker }: TestEngine, name: string) =>
  (await docker.getNetwork(name).inspect()).IPAM?.Config?.[0]?.Subnet ?? ''

/** proc_locks(5): a line with an arrow is of somebody who waits. */
const waitsForLock = (pid: number) => new RegExp(`-> FLOCK .* ${pid} `).test(readFileSync('/proc/locks', 'utf8'))

test('a firewall reload that drops our rules is mended', async () => {
  await using engine = await startEngine()
  await importBusybox(engine)
  await start(engine, {
    ...server,
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '18371', HostIp: '127.0.0.1' }] } },
  })
  const { table } = linkNames(engine.root)
  const rules = () => nft(`list table ip ${table}`).replaceAll(/# handle \d+/g, '')
  const before = rules()
  nft(`delete table ip ${table}`)
  await until(() => nft('list tables').includes(table), 'the table')
  assert.equal(rules(), before)
  nft(`flush chain ip ${table} forward`)
  await until(() => rules() === before, 'the rules of the chain')
  assert.equal(await (await fetch('http://127.0.0.1:18371/')).text(), 'served\n')
})

test("a change of the host's resolv.conf reaches containers that run", async () => {
  const file = `/tmp/tsc-resolv-${process.pid}`
  writeFileSync(file, 'nameserver 127.0.0.77\n')
  await using _one = await answering('127.0.0.77', [192, 0, 2, 1])
  await using _other = await answering('127.0.0.78', [192, 0, 2, 2])
  try {
    await using engine = await startEngine(
      {},
      { wrapper: ['unshare', '--mount', 'sh', '-c', `mount --bind ${file} /etc/resolv.conf && exec "$@"`, 'sh'] },
    )
    await importBusybox(engine)
    await engine.docker.createNetwork({ Name: 'net' })
    const container = await start(engine, { ...sleeper, HostConfig: { NetworkMode: 'net' } })
    const look = async () => (await exec(container, ['nslookup', '-type=a', 'outside.example'])).stdout
    assert.match(await look(), /192\.0\.2\.1\b/)
    writeFileSync(file, 'nameserver 127.0.0.78\n')
    assert.match(await look(), /192\.0\.2\.2\b/)
  } finally {
    rmSync(file)
  }
})

/** A name server that gives every question one address. */
async function answering(host: string, address: number[]): Promise<AsyncDisposable> {
  const server: Socket = createSocket('udp4', (query, from) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address])
    server.send(Buffer.concat([head, question, answer]), from.port, from.address)
  })
  server.bind(53, host)
  await once(server, 'listening')
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
