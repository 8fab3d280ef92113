// Names that containers have for each other, and for the world outside.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { encodeAnswer, parseQuestion, RCODE } from '../../src/engine/dns/message.ts'
import { withLength } from '../../src/engine/dns/upstream.ts'
import { close } from '../../src/engine/kernel/libc.ts'
import { inNetns } from '../../src/engine/kernel/namespaces.ts'
import type { TestEngine } from './engine-process.ts'
import { boundUdp, engineWithNetworks, netnsOf, on, remove, sleep } from './on-networks.ts'
import { exec, start } from './run.ts'

let engine: TestEngine
before(async () => {
  engine = await engineWithNetworks()
})
after(() => engine[Symbol.asyncDispose]())

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
