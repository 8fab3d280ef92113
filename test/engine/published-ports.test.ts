// Ports of the host that lead into containers.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { inNetns } from '../../src/engine/kernel/namespaces.ts'
import { type TestEngine, until } from './engine-process.ts'
import { boundUdp, engineWithNetworks, get, netnsOf, on, remove, sleep, web } from './on-networks.ts'
import { exec, shell, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await engineWithNetworks()
})
after(() => engine[Symbol.asyncDispose]())

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

test('a UDP port is published on IPv4 and on [::1]', async () => {
  const container = await start(engine, {
    Cmd: sleep,
    ...on('one', { HostConfig: { PortBindings: { '99/udp': [{ HostPort: '18323' }] } } }),
  })
  const server = createSocket('udp4', (message, from) => server.send(message, from.port, from.address))
  server.bind({ fd: inNetns(await netnsOf(container), () => boundUdp(99)) })
  for (const [family, address] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const sockets = ['one', 'other'].map(name => {
      const answers = new Set<string>()
      const socket = createSocket(family, message => answers.add(String(message)))
      return { name, answers, socket }
    })
    await until(() => {
      for (const { name, socket } of sockets) socket.send(name, 18323, address)
      return sockets.every(({ name, answers }) => answers.has(name))
    }, `an echo from ${address}`)
    // Each sender has its own answers.
    for (const { name, answers, socket } of sockets) {
      assert.deepEqual([...answers], [name])
      socket.close()
    }
  }
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
  const held = await engine.docker.extension('ports', { body: [{ HostPort: 18324 }] })
  assert.match(held[0]?.Holder ?? '', new RegExp(`pid ${process.pid}`))
  server.close()
  await until(() => !server.listening, "the end of the host's server")
  await second.start()
  await remove(second)
})
