import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { encodeAnswer, parseQuestion, RCODE } from '../../src/engine/dns/message.ts'
import { withLength } from '../../src/engine/dns/upstream.ts'
import { AF, bind, close, SOCK, socket as socketIn } from '../../src/engine/kernel/libc.ts'
import { inNetns } from '../../src/engine/kernel/namespaces.ts'
import { socketAddress } from '../../src/engine/networks/ports.ts'
import { startEngine, type TestEngine, until } from './engineProcess.ts'
import { exec, importBusybox, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await startEngine()
  await importBusybox(engine)
  await engine.docker.createNetwork({ Name: 'one' })
  await engine.docker.createNetwork({ Name: 'two' })
})
after(() => engine[Symbol.asyncDispose]())

const sleep = ['sleep', '1000']
const web = ['sh', '-c', 'hostname > /var/www/index.html; exec httpd -f -p 80 -h /var/www']
const on = (network: string, more: object = {}) => ({
  HostConfig: { NetworkMode: network, ...('HostConfig' in more ? (more.HostConfig as object) : {}) },
  NetworkingConfig: { EndpointsConfig: { [network]: 'endpoint' in more ? (more.endpoint as object) : {} } },
})
const get = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(5000) })).text()
/** A UDP socket in the network namespace that the thread is in. */
function boundUdp(port: number): number {
  const fd = socketIn(AF.INET, SOCK.DGRAM | SOCK.NONBLOCK, 0)
  bind(fd, socketAddress('0.0.0.0', port))
  return fd
}

const netnsOf = async (container: Awaited<ReturnType<typeof start>>) =>
  (await container.inspect()).NetworkSettings?.SandboxKey ?? ''

const remove = (...containers: { remove(options: object): Promise<unknown> }[]) =>
  Promise.all(containers.map(container => container.remove({ force: true })))

test('names: the container, its aliases and its id, with and without the network, in any case', async () => {
  const target = await start(engine, {
    name: 'target',
    Cmd: sleep,
    ...on('one', { endpoint: { Aliases: ['service', 'other'] } }),
  })
  const address = (await target.inspect()).NetworkSettings?.Networks?.one?.IPAddress ?? ''
  const asker = await start(engine, { Cmd: sleep, ...on('one') })
  for (const name of ['target', 'service', 'other', 'SERVICE', target.id.slice(0, 12), 'service.one']) {
    const { stdout } = await exec(asker, ['nslookup', '-type=a', name])
    assert.match(stdout, new RegExp(`Address: ${address}\\b`), `${name}: ${stdout}`)
  }
  const reverse = await exec(asker, ['nslookup', address])
  assert.match(reverse.stdout, /name = target\.one/)
  await remove(target, asker)
})

test('names: a name that has only IPv4 has no AAAA, which is not an error', async () => {
  const target = await start(engine, { name: 'only4', Cmd: sleep, ...on('one') })
  const { stdout, exitCode } = await exec(target, ['nslookup', '-type=aaaa', 'only4'])
  assert.equal(exitCode, 0, stdout)
  assert.doesNotMatch(stdout, /NXDOMAIN|can't find/)
  await remove(target)
})

test('names: all replicas of a service answer, in rotating order', async () => {
  const replicas = await Promise.all(
    [1, 2, 3].map(() => start(engine, { Cmd: sleep, ...on('one', { endpoint: { Aliases: ['app'] } }) })),
  )
  const [first] = replicas
  assert.ok(first)
  const firsts = new Set<string>()
  for (let turn = 0; turn < 6; turn++) {
    const { stdout } = await exec(first, ['nslookup', '-type=a', 'app'])
    const addresses = [...stdout.matchAll(/Address: (172\.\S+)/g)].map(([, address = '']) => address)
    assert.equal(new Set(addresses).size, 3, stdout)
    firsts.add(addresses[0] ?? '')
  }
  assert.equal(firsts.size, 3)
  await remove(...replicas)
})

test('names: a link is a name that only the container with the link can ask for', async () => {
  const target = await start(engine, { name: 'link-target', Cmd: sleep, ...on('one') })
  const namesake = await start(engine, { Cmd: sleep, ...on('one', { endpoint: { Aliases: ['database'] } }) })
  const addressOf = async (container: typeof target) =>
    (await container.inspect()).NetworkSettings?.Networks?.one?.IPAddress ?? ''
  const asker = await start(engine, { Cmd: sleep, ...on('one', { endpoint: { Links: ['link-target:Database'] } }) })
  const asked = async (container: typeof target) =>
    (await exec(container, ['nslookup', '-type=a', 'database'])).stdout.match(/Address: (172\.\S+)/g)
  assert.deepEqual(await asked(asker), [`Address: ${await addressOf(target)}`])
  assert.deepEqual(await asked(target), [`Address: ${await addressOf(namesake)}`])
  await remove(target)
  // Nobody is there for the link any more: the name is the one that everybody can ask for.
  assert.deepEqual(await asked(asker), [`Address: ${await addressOf(namesake)}`])
  await remove(namesake, asker)
})

test('names: over TCP too, and after the container they belong to has gone they are gone', async () => {
  const target = await start(engine, { name: 'passing', Cmd: sleep, ...on('one') })
  const asker = await start(engine, { Cmd: sleep, ...on('one') })
  // A query for `passing`, type A, with its length before it.
  const query = '\\0\\031\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x07passing\\0\\0\\x01\\0\\x01'
  const { stdout } = await exec(asker, [
    'sh',
    '-c',
    `printf '${query}' | nc -w 2 127.0.0.11 53 | od -An -tu1 | tr -s ' \\n' ' '`,
  ])
  const address = (await target.inspect()).NetworkSettings?.Networks?.one?.IPAddress ?? ''
  assert.match(stdout, new RegExp(` ${address.replaceAll('.', ' ')} ?$`))
  await remove(target)
  const gone = await exec(asker, ['nslookup', '-type=a', 'passing'])
  assert.doesNotMatch(gone.stdout, new RegExp(address))
  await remove(asker)
})

test('names: a container can itself serve DNS on port 53', async () => {
  const container = await start(engine, { name: 'dns', Cmd: sleep, ...on('one') })
  // Throws EADDRINUSE where somebody has the port.
  const taken = inNetns(await netnsOf(container), () => boundUdp(53))
  close(taken)
  assert.match((await exec(container, ['nslookup', '-type=a', 'dns'])).stdout, /Address: 172/)
  await remove(container)
})

test('names: what nobody here is called goes to the servers outside, as it is asked and as they answer', async () => {
  // Answers every question with the code NXDOMAIN, and notes how it was asked.
  const asked: string[] = []
  const refuse = (query: Buffer, how: string) => {
    const question = parseQuestion(query)
    if (!question) return Buffer.alloc(0)
    asked.push(`${how} ${question.name}`)
    return encodeAnswer(query, question, RCODE.NXDOMAIN, [])
  }
  const udp = createSocket('udp4', (query, from) => udp.send(refuse(query, 'udp'), from.port, from.address)).bind(
    53,
    '127.77.0.1',
  )
  const tcp = createServer(client =>
    client.once('data', (data: Buffer) => client.end(withLength(refuse(data.subarray(2), 'tcp')))),
  ).listen(53, '127.77.0.1')
  const container = await start(engine, {
    Cmd: sleep,
    ...on('one', { HostConfig: { Dns: ['127.77.0.1'], DnsSearch: ['example.test'] } }),
  })
  const { stdout, stderr } = await exec(container, ['nslookup', '-type=a', 'elsewhere.example.test'])
  assert.match(stdout + stderr, /NXDOMAIN/)
  const query = '\\0\\033\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x09elsewhere\\0\\0\\x01\\0\\x01'
  await exec(container, ['sh', '-c', `printf '${query}' | nc -w 2 127.0.0.11 53`])
  assert.deepEqual([...new Set(asked)], ['udp elsewhere.example.test', 'tcp elsewhere'])
  udp.close()
  tcp.close()
  await remove(container)
})

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

test('a published port and the way out go by the networks that a running container is in', async () => {
  const container = await start(engine, {
    Cmd: web,
    Hostname: 'published',
    ...on('one', { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '18327' }] } } }),
  })
  const answers = () => get('http://127.0.0.1:18327/').catch(() => '')
  const wayOut = async () => /via (\S+)/.exec((await exec(container, ['ip', 'route', 'show', 'default'])).stdout)?.[1]
  const gatewayOf = async (network: string) => (await container.inspect()).NetworkSettings?.Networks?.[network]?.Gateway
  await until(async () => (await answers()) === 'published\n', 'an answer')
  const [one, two] = ['one', 'two'].map(name => engine.docker.getNetwork(name))
  const Container = container.id
  await two?.connect({ Container })
  await one?.disconnect({ Container })
  assert.equal(await answers(), 'published\n')
  assert.equal(await wayOut(), await gatewayOf('two'))
  await two?.disconnect({ Container })
  assert.equal(await answers(), '', 'there is no way in')
  assert.equal(await wayOut(), undefined)
  await one?.connect({ Container })
  assert.equal(await answers(), 'published\n')
  assert.equal(await wayOut(), await gatewayOf('one'))
  await remove(container)
})

test("a published port answers on loopback, on the host's other addresses and for other containers", async () => {
  const container = await start(engine, {
    Cmd: web,
    Hostname: 'published',
    ...on('one', { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '18321' }] } } }),
  })
  await until(
    async () =>
      get('http://127.0.0.1:18321/').then(
        text => text === 'published\n',
        () => false,
      ),
    'an answer',
  )
  assert.equal(await get('http://localhost:18321/'), 'published\n')
  assert.equal(await get('http://[::1]:18321/'), 'published\n')
  const gateway = (await container.inspect()).NetworkSettings?.Networks?.one?.Gateway
  assert.equal(await get(`http://${gateway}:18321/`), 'published\n')
  for (const network of ['one', 'two']) {
    const { stdout } = await shell(engine, `wget -q -O- http://${gateway}:18321/`, on(network))
    assert.equal(stdout, 'published\n', network)
  }
  await remove(container)
  await assert.rejects(get('http://127.0.0.1:18321/'))
})

test('a port published on one address is not there on others', async () => {
  const container = await start(engine, {
    Cmd: web,
    ...on('one', { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18322' }] } } }),
  })
  await until(
    async () =>
      get('http://127.0.0.1:18322/').then(
        () => true,
        () => false,
      ),
    'an answer',
  )
  const gateway = (await container.inspect()).NetworkSettings?.Networks?.one?.Gateway
  await assert.rejects(get(`http://${gateway}:18322/`))
  await remove(container)
})

test('a UDP port is published', async () => {
  const container = await start(engine, {
    Cmd: sleep,
    ...on('one', { HostConfig: { PortBindings: { '99/udp': [{ HostPort: '18323' }] } } }),
  })
  const server = createSocket('udp4', (message, from) => server.send(message, from.port, from.address))
  server.bind({ fd: inNetns(await netnsOf(container), () => boundUdp(99)) })
  const socket = createSocket('udp4')
  let answer = ''
  socket.on('message', message => {
    answer += message
  })
  await until(() => {
    socket.send('ping', 18323, '127.0.0.1')
    return answer.includes('ping')
  }, 'an echo')
  socket.close()
  server.close()
  await remove(container)
})

test('a port without a number gets a free one, and PublishAllPorts publishes what is exposed', async () => {
  const container = await start(engine, {
    Cmd: web,
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { PublishAllPorts: true },
  })
  const port = (await container.inspect()).NetworkSettings?.Ports?.['80/tcp']?.[0]?.HostPort
  assert.ok(Number(port) > 1024)
  await until(
    async () =>
      get(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    'an answer',
  )
  await remove(container)
})

test('a taken port fails the start and names who has it', async () => {
  const bindings = { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '18324' }] } } }
  const first = await start(engine, { name: 'holder', Cmd: web, ...on('one', bindings) })
  const second = await engine.docker.createContainer({ Image: 'busybox', Cmd: web, ...on('one', bindings) })
  await assert.rejects(
    second.start(),
    /Bind for 0\.0\.0\.0:18324 failed: port is already allocated.*container holder publishes it/s,
  )
  await remove(first)
  const server = createServer().listen(18324)
  await until(() => server.listening, "the host's server")
  await assert.rejects(
    second.start(),
    new RegExp(`failed to bind host port 0\\.0\\.0\\.0:18324/tcp: address already in use.*pid ${process.pid}`, 's'),
  )
  const held = await engine.docker.extension<{ Holder: string }[]>('POST', 'ports', { body: [{ HostPort: 18324 }] })
  assert.match(held[0]?.Holder ?? '', new RegExp(`pid ${process.pid}`))
  server.close()
  await until(() => !server.listening, "the end of the host's server")
  await second.start()
  await remove(second)
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
