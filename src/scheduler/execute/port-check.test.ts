import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nothing, settled, testProject, testService, upOptions } from '../../../test/test-project.ts'
import type { Service } from '../../model/project/service.ts'
import { planUp } from '../plan/plan-up.ts'
import { checkPorts, type PortKeeper } from './port-check.ts'

type Port = Service['ports'][number]

const port = (published: string, own: Partial<Port> = {}): Port => ({
  target: 80,
  published,
  protocol: 'tcp',
  extensions: {},
  ...own,
})

/** An engine that has given ports away: port number to holder. */
function engine(holders: Record<number, string> = {}, extensions = ['ports']) {
  const asked: number[] = []
  const keeper: PortKeeper = {
    hasExtension: name => extensions.includes(name),
    async extension<T>(_name: string, { body }: { body?: unknown } = {}) {
      // What checkPorts sends.
      const wanted = body as { HostIp: string; HostPort: number; Protocol: string }[]
      asked.push(...wanted.map(({ HostPort }) => HostPort))
      // The answer's shape is the route's.
      return wanted.flatMap(one => {
        const Holder = holders[one.HostPort]
        return Holder ? [{ ...one, Holder }] : []
      }) as T
    },
    getContainer() {
      throw new Error('not asked here')
    },
  }
  return { keeper, asked }
}

const check = (
  services: Parameters<typeof testProject>[0],
  { keeper }: ReturnType<typeof engine>,
  observed = nothing,
) => {
  const project = testProject(services)
  return checkPorts(keeper, project, planUp(project, observed, upOptions({})).plan, AbortSignal.timeout(1000))
}

test('a taken port is refused with the service, the port, its holder and a way out', async () => {
  const docker = engine({ 8080: 'nginx (pid 12)' })
  await assert.rejects(check([testService('web', { ports: [port('8080')] })], docker), {
    code: 'conflict',
    message: 'service "web" can\'t publish port 8080: nginx (pid 12) has it',
    hint: 'stop nginx (pid 12), or publish another port in services.web.ports',
  })
})

test('only single ports of containers that start are asked for', async () => {
  const docker = engine()
  const running = testService('running', { ports: [port('1')] })
  const services = [
    running,
    testService('range', { ports: [port('2-9'), port('0'), port('')] }),
    testService('host', { ports: [port('10')], networkMode: 'host' }),
    testService('web', { ports: [port('11'), port('12', { protocol: 'udp' })] }),
  ]
  await check(services, docker, settled(testProject([running])))
  assert.deepEqual(docker.asked, [11, 12])
})

test('two services on one port are refused, on two addresses or protocols they are not', async () => {
  const both = (one: Port, other: Port) =>
    check([testService('a', { ports: [one] }), testService('b', { ports: [other] })], engine())
  await assert.rejects(both(port('80'), port('80', { hostIp: '127.0.0.1' })), /services "a" and "b" both publish port/)
  await both(port('80', { hostIp: '127.0.0.2' }), port('80', { hostIp: '127.0.0.1' }))
  await both(port('80'), port('80', { protocol: 'udp' }))
})

test('replicas on one port are refused', async () => {
  const web = testService('web', { ports: [port('80')], scale: 2 })
  await assert.rejects(check([web], engine()), /service "web" has more than one container/)
})

test('a container of the project that is made anew gives its port back', async () => {
  const web = testService('web', { ports: [port('80')] })
  const before = settled(testProject([testService('web', { configHash: 'older' })]))
  await check([web], engine({ 80: 'container p-web-1' }), before)
})

test('a Docker Engine is not asked', async () => {
  const docker = engine({}, [])
  await check([testService('web', { ports: [port('80')] })], docker)
  assert.deepEqual(docker.asked, [])
})

test('a port that the container itself still holds is free for it', async () => {
  const web = testService('web', { ports: [port('8080')] })
  const stopping = settled(testProject([web]), [{ name: 'p-web-1', service: 'web', state: 'stopping' }])
  await check([web], engine({ 8080: 'container p-web-1' }), stopping)
})
