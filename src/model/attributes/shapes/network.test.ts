// How a service is reached: ports, networks, hosts, links.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, refusalOfService, serviceOf, serviceText } from '../../../../test/memory-project.ts'

const port = (target: number, rest: object = {}) => ({
  mode: 'ingress',
  target,
  protocol: 'tcp',
  extensions: Object.create(null),
  ...rest,
})

test('a short port becomes one long form for each container port', async () => {
  const { ports } = await serviceOf('ports: ["80", "8080:81", "127.0.0.1:90-91:90-91/udp", "3000-3002:82"]')
  assert.deepEqual(ports, [
    port(80),
    port(81, { published: '8080' }),
    port(90, { published: '90', hostIp: '127.0.0.1', protocol: 'udp' }),
    port(91, { published: '91', hostIp: '127.0.0.1', protocol: 'udp' }),
    port(82, { published: '3000-3002' }),
  ])
})

test('a port of the override is added, the same port is not there twice', async () => {
  const { services } = await projectOf({
    'compose.yaml': serviceText('ports: ["8080:80"]'),
    'compose.override.yaml': 'services: {a: {ports: ["8080:80", {target: 443, published: "8443"}]}}',
  })
  assert.deepEqual(
    services.a?.ports.map(({ target }) => target),
    [80, 443],
  )
})

test('a port that is none is refused with its place and form', async () => {
  const refusal = await refusalOfService('ports: ["http:80"]')
  assert.match(refusal, /invalid hostPort: http/)
  assert.match(refusal, /compose\.yaml:4:13 \(services\.a\.ports\.http:80\)/)
  assert.match(refusal, /\[\[IP:\]HOST:\]CONTAINER/)
})

test('without networks a service is on the default network', async () => {
  const { services, networks } = await projectOf(serviceText('hostname: a'))
  assert.deepEqual({ ...services.a?.networks }, { default: null })
  assert.equal(networks.default?.name, 'project_default')
})

test('a network of a service has all its attributes in camelCase', async () => {
  const rest = 'networks: {front: {driver: bridge, enable_ipv6: true}}\n'
  const attributes = `networks:
  front: {aliases: [x], ipv4_address: 10.0.0.2, mac_address: 02:42:ac:11:65:43, priority: 5, gw_priority: 1}`
  const { networks } = await serviceOf(attributes, rest)
  assert.deepEqual(networks.front, {
    aliases: ['x'],
    driverOpts: Object.create(null),
    ipv4Address: '10.0.0.2',
    linkLocalIps: [],
    macAddress: '02:42:ac:11:65:43',
    priority: 5,
    gwPriority: 1,
    extensions: Object.create(null),
  })
})

test('an unknown network is refused, and the nearest one named', async () => {
  assert.match(
    await refusalOfService('networks: [frnt]', 'networks: {front: {}}\n'),
    /undefined network frnt[\s\S]*front\?/,
  )
})

test('extra hosts gather addresses by name', async () => {
  const { extraHosts } = await serviceOf('extra_hosts: ["db=10.0.0.1", "db:10.0.0.2", "six=[::1]"]')
  assert.deepEqual({ ...extraHosts }, { db: ['10.0.0.1', '10.0.0.2'], six: ['::1'] })
})

test('links and shared namespaces are dependencies', async () => {
  const { dependsOn } = await serviceOf('links: ["b:store"]\npid: service:c', '  b: {image: b}\n  c: {image: c}\n')
  assert.deepEqual(Object.keys(dependsOn).sort(), ['b', 'c'])
  assert.equal(dependsOn.b?.restart, true)
})
