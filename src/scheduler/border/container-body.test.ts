import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dependsOn,
  testContainer,
  testNetwork,
  testProject,
  testService,
  testVolume,
} from '../../../test/test-project.ts'
import type { Service } from '../../model/project/service.ts'
import { containerDraft } from './container-body.ts'

const draftOf = (own: Partial<Service>, project = testProject([])) => {
  const service = testService('app', own)
  const whole = { ...project, services: { ...project.services, app: service } }
  return containerDraft(whole, service, 1, undefined, false)
}
/** As it goes over the wire: without what is undefined. */
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const volume = (own: object) => ({ extensions: {}, ...own }) as Service['volumes'][number]

test("identity: name, labels and aliases are Docker Compose's", () => {
  const { name, body } = draftOf({
    dependsOn: dependsOn({ db: { condition: 'service_healthy', restart: true } }),
    labels: { team: 'blue' },
  })
  assert.equal(name, 'p-app-1')
  const { 'com.docker.compose.version': version, ...labels } = body.Labels ?? {}
  assert.ok(version)
  assert.deepEqual(labels, {
    team: 'blue',
    'com.docker.compose.project': 'p',
    'com.docker.compose.service': 'app',
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'hash-app',
    'com.docker.compose.project.config_files': '/w/compose.yaml',
    'com.docker.compose.project.working_dir': '/w',
    'com.docker.compose.depends_on': 'db:service_healthy:true',
  })
  assert.equal(body.HostConfig?.NetworkMode, 'p_default')
  assert.deepEqual(wire(body.NetworkingConfig), { EndpointsConfig: { p_default: { Aliases: ['p-app-1', 'app'] } } })
})

test('the env files that were named are in a label, so that the next command can name them again', () => {
  const { body } = draftOf({}, testProject([], { envFiles: ['/w/a.env', '/w/b.env'] }))
  assert.equal(body.Labels?.['com.docker.compose.project.environment_file'], '/w/a.env,/w/b.env')
})

test('mounts: Binds where they can say it, Mounts for the rest', () => {
  const project = testProject([], { volumes: { named: testVolume('p_named'), long: testVolume('own-name') } })
  const { body } = draftOf(
    {
      volumes: [
        volume({ type: 'volume', source: 'named', target: '/named' }),
        volume({
          type: 'bind',
          source: '/w/f',
          target: '/f',
          readOnly: true,
          bind: { createHostPath: true, selinux: 'z', extensions: {} },
        }),
        volume({ type: 'bind', source: '/w/must', target: '/m', bind: { createHostPath: false, extensions: {} } }),
        volume({
          type: 'volume',
          source: 'long',
          target: '/long',
          volume: { nocopy: true, labels: {}, extensions: {} },
        }),
        volume({ type: 'volume', target: '/anonymous' }),
        volume({ type: 'tmpfs', target: '/scratch', tmpfs: { size: 1048576, mode: 0o700, extensions: {} } }),
      ],
      tmpfs: ['/run', '/x:size=1m'],
    },
    project,
  )
  assert.deepEqual(body.HostConfig?.Binds, ['p_named:/named:rw', '/w/f:/f:ro,z'])
  assert.deepEqual(wire(body.HostConfig?.Mounts), [
    { Type: 'bind', Source: '/w/must', Target: '/m', BindOptions: {} },
    { Type: 'volume', Source: 'own-name', Target: '/long', VolumeOptions: { NoCopy: true } },
    { Type: 'volume', Target: '/anonymous', VolumeOptions: {} },
    { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1048576, Mode: 448 } },
  ])
  assert.deepEqual(body.HostConfig?.Tmpfs, { '/run': '', '/x': 'size=1m' })
})

test('a recreated container inherits its anonymous volumes, unless they are renewed', () => {
  const id = 'a'.repeat(64)
  const service = testService('app', { volumes: [volume({ type: 'volume', target: '/data' })] })
  const project = testProject([service])
  const old = testContainer('app', { mounts: [{ type: 'volume', name: id, target: '/data', readOnly: false }] })
  const mounts = (renew: boolean) => wire(containerDraft(project, service, 1, old, renew).body.HostConfig?.Mounts)
  assert.deepEqual(mounts(false), [{ Type: 'volume', Source: id, Target: '/data' }])
  assert.deepEqual(mounts(true), [{ Type: 'volume', Target: '/data', VolumeOptions: {} }])
})

test('ports, exposed ports and networks by priority', () => {
  const project = testProject([], { networks: { back: testNetwork('p_back'), front: testNetwork('p_front') } })
  const attachment = { aliases: ['www'], driverOpts: {}, linkLocalIps: [], extensions: {} }
  const { body } = draftOf(
    {
      expose: ['7000', '7001/udp'],
      ports: [
        { target: 80, published: '8080', hostIp: '127.0.0.1', extensions: {} },
        { target: 80, published: '8081', extensions: {} },
        { target: 53, protocol: 'udp', extensions: {} },
      ],
      networks: { back: null, front: { ...attachment, ipv4Address: '10.0.0.7', priority: 10 } },
    },
    project,
  )
  assert.deepEqual(Object.keys(body.ExposedPorts ?? {}), ['7000/tcp', '7001/udp', '80/tcp', '53/udp'])
  assert.deepEqual(body.HostConfig?.PortBindings, {
    '80/tcp': [
      { HostIp: '127.0.0.1', HostPort: '8080' },
      { HostIp: '', HostPort: '8081' },
    ],
    '53/udp': [{ HostIp: '', HostPort: '' }],
  })
  assert.equal(body.HostConfig?.NetworkMode, 'p_front')
  assert.deepEqual(wire(body.NetworkingConfig?.EndpointsConfig), {
    p_front: { Aliases: ['p-app-1', 'app', 'www'], IPAMConfig: { IPv4Address: '10.0.0.7' } },
    p_back: { Aliases: ['p-app-1', 'app'] },
  })
})

test('restart policies by name or by number of tries; that of deploy wins', () => {
  const policyOf = (restart?: string, restartPolicy?: { condition?: string; maxAttempts?: number }) => {
    const deploy = { labels: {}, placement: { constraints: [], preferences: [], extensions: {} }, extensions: {} }
    const { body } = draftOf({
      ...(restart ? { restart } : {}),
      ...(restartPolicy
        ? { deploy: { ...deploy, resources: { extensions: {} }, restartPolicy: { ...restartPolicy, extensions: {} } } }
        : {}),
    })
    const { Name, MaximumRetryCount } = body.HostConfig?.RestartPolicy ?? {}
    return Name && `${Name} ${MaximumRetryCount}`
  }
  assert.equal(policyOf(), undefined)
  assert.equal(policyOf('no'), 'no 0')
  assert.equal(policyOf('any'), 'always 0')
  assert.equal(policyOf('on-failure:3'), 'on-failure 3')
  assert.equal(policyOf('unless-stopped'), 'unless-stopped 0')
  assert.equal(policyOf('always', { condition: 'none' }), 'no 0')
  assert.equal(policyOf(undefined, { condition: 'unless-stopped' }), 'unless-stopped 0')
  assert.equal(policyOf('no', { maxAttempts: 3 }), 'always 0')
  assert.equal(policyOf('no', { condition: 'on-failure', maxAttempts: 3 }), 'on-failure 3')
})

test('limits from the service and from deploy, restart policies, health checks', () => {
  const deploy = { labels: {}, placement: { constraints: [], preferences: [], extensions: {} }, extensions: {} }
  const amounts = { devices: [], genericResources: [], extensions: {} }
  const { body } = draftOf({
    cpus: 4,
    ulimits: { nproc: { single: 5, extensions: {} } },
    deploy: {
      ...deploy,
      resources: { limits: { ...amounts, cpus: 0.5, memory: 64, pids: 7 }, extensions: {} },
      restartPolicy: { condition: 'on-failure', maxAttempts: 4, extensions: {} },
    },
    healthcheck: { test: ['CMD', 'true'], interval: 5e9, extensions: {} },
    stopGracePeriod: 65e9,
    entrypoint: [],
  })
  const { NanoCpus, Memory, PidsLimit, Ulimits, RestartPolicy } = body.HostConfig ?? {}
  assert.deepEqual(
    { NanoCpus, Memory, PidsLimit, Ulimits, RestartPolicy },
    {
      NanoCpus: 5e8,
      Memory: 64,
      PidsLimit: 7,
      Ulimits: [{ Name: 'nproc', Soft: 5, Hard: 5 }],
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 4 },
    },
  )
  assert.deepEqual(wire(body.Healthcheck), { Test: ['CMD', 'true'], Interval: 5e9 })
  assert.equal(body.StopTimeout, 65)
  assert.deepEqual(body.Entrypoint, [''])
})

test('CDI names among devices, reservations and gpus are device requests', () => {
  const request = { capabilities: [], deviceIds: [], options: {} }
  const { body } = draftOf({
    devices: [
      { source: 'vendor.com/net=eth0', target: 'vendor.com/net=eth0', extensions: {} },
      { source: '/dev/null', target: '/dev/x', permissions: 'r', extensions: {} },
      { source: '/dev/vendor.com/net=eth0', extensions: {} },
    ],
    gpus: [{ ...request, count: -1 }],
  })
  assert.deepEqual(wire(body.HostConfig?.Devices), [
    { PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'r' },
    {
      PathOnHost: '/dev/vendor.com/net=eth0',
      PathInContainer: '/dev/vendor.com/net=eth0',
      CgroupPermissions: 'rwm',
    },
  ])
  assert.deepEqual(wire(body.HostConfig?.DeviceRequests), [
    { Driver: 'cdi', DeviceIDs: ['vendor.com/net=eth0'] },
    { Count: -1, Capabilities: [['gpu']], Options: {} },
  ])
})

test('service: namespaces name the container; secrets without a file travel with it', () => {
  const reference = { source: 'token', mode: 0o400, uid: '7', extensions: {} }
  const secret = { name: 'p_token', labels: {}, extensions: {}, driverOpts: {} }
  const project = testProject([testService('base')], {
    secrets: { token: { ...secret, environment: 'TOKEN', content: 'x' } },
  })
  const { body, files } = draftOf(
    { networkMode: 'service:base', networks: {}, pid: 'service:base', secrets: [reference] },
    project,
  )
  assert.equal(body.HostConfig?.NetworkMode, 'container:p-base-1')
  assert.equal(body.HostConfig?.PidMode, 'container:p-base-1')
  assert.deepEqual(files, [{ path: '/run/secrets/token', content: 'x', mode: 0o400, uid: 7, gid: 0 }])
  const unset = testProject([], { secrets: { token: { ...secret, environment: 'TOKEN' } } })
  assert.throws(
    () => draftOf({ secrets: [reference] }, unset),
    /environment variable "TOKEN" required by secret "p_token" is not set/,
  )
})
