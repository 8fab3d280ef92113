// Names that a container knows: extra hosts, name servers, search domains, options; labels and annotations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exec, start } from '../run.ts'
import { inside } from './inside.ts'

const { engine, see, attempt, warnings } = inside()

test('extra hosts, the gateway by name among them', async () => {
  const ExtraHosts = ['one:10.9.8.7', 'six:::1', 'gate:host-gateway', 'equal=10.9.8.6']
  const script = 'grep -E "one|six|gate|equal" /etc/hosts | tr "\\t" " "; ip route | grep default | cut -d" " -f3'
  const lines = (await see(script, { ExtraHosts })).trim().split('\n')
  const gateway = lines.pop()
  assert.deepEqual(lines, ['10.9.8.7 one', '::1 six', `${gateway} gate`, '10.9.8.6 equal'])
  const onHost = await see('grep gate /etc/hosts | cut -f1', { ExtraHosts: ['gate:host-gateway'], NetworkMode: 'host' })
  assert.match(onHost, /^\d+\.\d+\.\d+\.\d+\n$/)
  const withoutGateway = attempt({ ExtraHosts: ['gate:host-gateway'], NetworkMode: 'none' })
  await assert.rejects(withoutGateway, /unable to derive the IP value for host-gateway/)
  await assert.rejects(attempt({ ExtraHosts: ['bad'] }), /bad format for add-host: "bad"/)
  await assert.rejects(attempt({ ExtraHosts: ['a:bad'] }), /invalid IP address in add-host: "bad"/)
})

test('name servers, search domains and options are those of resolv.conf', async () => {
  const names = { Dns: ['10.1.1.1', '10.1.1.2'], DnsSearch: ['a.test', 'b.test'], DnsOptions: ['timeout:7', 'rotate'] }
  const seen = await see('cat /etc/resolv.conf', { ...names, NetworkMode: 'host' })
  assert.match(
    seen,
    /^nameserver 10\.1\.1\.1\nnameserver 10\.1\.1\.2\nsearch a\.test b\.test\noptions timeout:7 rotate/,
  )
  // On a network of ours the engine answers, and asks those servers.
  const own = await see('cat /etc/resolv.conf', names)
  assert.match(own, /^nameserver 127\.0\.0\.11\nsearch a\.test b\.test\noptions timeout:7 rotate ndots:0\n/)
  assert.doesNotMatch(await see('cat /etc/resolv.conf', { DnsSearch: ['.'] }), /search/)
  await assert.rejects(attempt({ Dns: ['bad'] }), /bad nameserver address bad/)
})

test('labels and annotations are kept, and annotations reach the runtime', async () => {
  const container = await start(engine(), {
    Cmd: ['sleep', '1000'],
    Labels: { a: '1', 'b.c': '' },
    HostConfig: { Annotations: { 'run.test/key': 'value' } },
  })
  const { Config, HostConfig } = await container.inspect()
  assert.deepEqual([Config?.Labels, HostConfig?.Annotations], [{ a: '1', 'b.c': '' }, { 'run.test/key': 'value' }])
  const found = await engine().docker.listContainers({ filters: { label: ['a=1'] } })
  assert.deepEqual(
    found.map(({ Id }) => Id),
    [container.id],
  )
  assert.match((await exec(container, ['true'])).stdout, /^$/)
  await container.remove({ force: true })
  await assert.rejects(attempt({ Annotations: { '': 'x' } }), /the empty string is not permitted as an annotation key/)
})

test('ports that can not be published are warned about', async () => {
  const said = await warnings({ NetworkMode: 'host', PortBindings: { '80/tcp': [{ HostPort: '8000' }] } })
  assert.deepEqual(said, ['Published ports are discarded when using host network mode'])
})
