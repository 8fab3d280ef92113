// Addresses, routes and walls between networks.
import assert from 'node:assert/strict'
import { readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { type TestEngine, until } from './engine-process.ts'
import { engineWithNetworks, on, remove, sleep, web } from './on-networks.ts'
import { exec, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await engineWithNetworks()
})
after(() => engine[Symbol.asyncDispose]())

test("isolation: another network's containers have neither names nor addresses", async () => {
  const target = await start(engine, { name: 'hidden', Cmd: web, ...on('one') })
  const stranger = await start(engine, { Cmd: sleep, ...on('two') })
  const address = (await target.inspect()).NetworkSettings?.Networks?.one?.IPAddress
  assert.notEqual((await exec(stranger, ['nslookup', '-type=a', 'hidden'])).stdout.includes(String(address)), true)
  const fetched = await exec(stranger, ['wget', '-q', '-T', '1', '-O-', `http://${address}/`])
  assert.notEqual(fetched.exitCode, 0)
  const neighbour = await start(engine, { Cmd: sleep, ...on('one') })
  assert.equal((await exec(neighbour, ['wget', '-q', '-O-', `http://${address}/`])).exitCode, 0)
  await remove(target, stranger, neighbour)
})

test("isolation: a container reaches neither the host's loopback nor the engine's socket", async () => {
  const server = createServer(socket => socket.end('secret')).listen(0, '127.0.0.1')
  await until(() => server.listening, "the host's server")
  const { port } = server.address() as { port: number }
  const container = await start(engine, { Cmd: sleep, ...on('one') })
  const gateway = (await container.inspect()).NetworkSettings?.Networks?.one?.Gateway
  for (const address of ['127.0.0.1', gateway ?? '']) {
    const { stdout } = await exec(container, ['nc', '-w', '1', address, String(port)])
    assert.equal(stdout, '', address)
  }
  const files = await exec(container, [
    'sh',
    '-c',
    `ls ${engine.runRoot} /proc/1/root${engine.runRoot} /var/lib/tsc-compose 2>&1`,
  ])
  assert.doesNotMatch(files.stdout, /engine\.sock/)
  server.close()
  await remove(container)
})

test('an internal network has no way out', async () => {
  await engine.docker.createNetwork({ Name: 'inner', Internal: true })
  const container = await start(engine, { Cmd: sleep, ...on('inner') })
  assert.doesNotMatch((await exec(container, ['ip', 'route'])).stdout, /default/)
  await remove(container)
})

test('a fixed address is given, refused when it is taken, and free again afterwards', async () => {
  await engine.docker.createNetwork({
    Name: 'fixed',
    IPAM: { Config: [{ Subnet: '10.213.7.0/24', Gateway: '10.213.7.9' }] },
  })
  const wanted = on('fixed', { endpoint: { IPAMConfig: { IPv4Address: '10.213.7.77' } } })
  const first = await start(engine, { Cmd: sleep, ...wanted })
  assert.match((await exec(first, ['ip', 'addr', 'show', 'eth0'])).stdout, /inet 10\.213\.7\.77\/24/)
  assert.match((await exec(first, ['ip', 'route'])).stdout, /default via 10\.213\.7\.9/)
  const second = await engine.docker.createContainer({ Image: 'busybox', Cmd: sleep, ...wanted })
  await assert.rejects(second.start(), /Address already in use/)
  await remove(first)
  await second.start()
  await remove(second)
  await assert.rejects(
    engine.docker.createNetwork({ Name: 'clash', IPAM: { Config: [{ Subnet: '10.213.0.0/16' }] } }),
    /overlaps/,
  )
})

test('a container in two networks has both, and the default route where the priority says', async () => {
  const container = await start(engine, {
    Cmd: sleep,
    HostConfig: { NetworkMode: 'one' },
    NetworkingConfig: { EndpointsConfig: { one: {}, two: { GwPriority: 5 } } },
  })
  const { Networks } = (await container.inspect()).NetworkSettings ?? {}
  const routes = (await exec(container, ['ip', 'route'])).stdout
  assert.match(routes, new RegExp(`default via ${Networks?.two?.Gateway}`))
  assert.equal((await exec(container, ['sh', '-c', 'ip -o link | grep -c eth'])).stdout, '2\n')
  await remove(container)
})

test('connect and disconnect act on a running container', async () => {
  const container = await start(engine, { name: 'moving', Cmd: web, ...on('one') })
  const neighbour = await start(engine, { Cmd: sleep, ...on('two') })
  await engine.docker.getNetwork('two').connect({ Container: 'moving', EndpointConfig: { Aliases: ['moved'] } })
  assert.equal((await exec(neighbour, ['wget', '-q', '-O-', 'http://moved/'])).exitCode, 0)
  await engine.docker.getNetwork('two').disconnect({ Container: 'moving' })
  assert.notEqual((await exec(neighbour, ['wget', '-q', '-T', '1', '-O-', 'http://moved/'])).exitCode, 0)
  await remove(container, neighbour)
})

test('network modes: none has only loopback, host is the host, container:<id> is shared', async () => {
  assert.equal((await shell(engine, 'ip -o link | wc -l', { HostConfig: { NetworkMode: 'none' } })).stdout, '1\n')
  const host = await shell(engine, 'readlink /proc/self/ns/net', { HostConfig: { NetworkMode: 'host' } })
  assert.equal(host.stdout, `${readlinkSync('/proc/self/ns/net')}\n`)
  const container = await start(engine, { Cmd: web, Hostname: 'shared', ...on('one') })
  await until(
    async () =>
      (
        await shell(engine, 'wget -q -O- http://127.0.0.1/', {
          HostConfig: { NetworkMode: `container:${container.id}` },
        })
      ).stdout === 'shared\n',
    'the shared answer',
  )
  const neighbour = await start(engine, { name: 'neighbour', Cmd: sleep, ...on('one') })
  const names = await shell(engine, 'nslookup -type=a neighbour; hostname', {
    HostConfig: { NetworkMode: `container:${container.id}` },
  })
  assert.match(names.stdout, /Name:\s*neighbour[\s\S]*\nshared\n/)
  await remove(neighbour)
  await remove(container)
})

test('extra_hosts and host-gateway are in /etc/hosts; dns settings in resolv.conf', async () => {
  const { stdout } = await shell(engine, 'cat /etc/hosts /etc/resolv.conf', {
    ...on('one', {
      HostConfig: {
        ExtraHosts: ['box:10.9.8.7', 'up:host-gateway'],
        DnsSearch: ['example.test'],
        DnsOptions: ['timeout:3'],
      },
    }),
  })
  assert.match(stdout, /^10\.9\.8\.7\tbox$/m)
  assert.match(stdout, /^172\.\S+\tup$/m)
  assert.match(stdout, /^nameserver 127\.0\.0\.11$/m)
  assert.match(stdout, /^search example\.test$/m)
  assert.match(stdout, /^options timeout:3 ndots:0$/m)
})

test('a network with containers in it is not removed, one without is, with its bridge', async () => {
  await engine.docker.createNetwork({ Name: 'short' })
  const container = await start(engine, { Cmd: sleep, ...on('short') })
  const bridges = () => readFileSync('/proc/net/dev', 'utf8').match(/tsc[0-9a-f]{4}b/g)?.length ?? 0
  const before = bridges()
  await assert.rejects(engine.docker.getNetwork('short').remove(), /has active endpoints/)
  await remove(container)
  await engine.docker.getNetwork('short').remove()
  assert.equal(bridges(), before - 1)
})
