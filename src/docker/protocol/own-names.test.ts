import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toOwn, toWire } from './own-names.ts'
import type { ContainerConfig, HostConfig, IPAMConfig } from './types.ts'

const host: HostConfig = {
  NanoCpus: 5e8,
  UTSMode: 'host',
  Sysctls: { 'net.core.somaxconn': '1' },
  Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
  PortBindings: { '80/tcp': [{ HostIp: '::', HostPort: '1' }], '81/udp': null },
  DeviceRequests: [{ DeviceIDs: ['x'], Capabilities: [['gpu']], Options: { Some: 'Thing' } }],
  Mounts: [{ Type: 'volume', VolumeOptions: { Labels: { A: 'B' }, DriverConfig: { Name: 'local' } } }],
}

test('names are exchanged at every depth, the keys of maps stay', () => {
  assert.deepEqual(toOwn(host, 'HostConfig'), {
    nanoCpus: 5e8,
    utsMode: 'host',
    sysctls: { 'net.core.somaxconn': '1' },
    ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
    portBindings: { '80/tcp': [{ hostIp: '::', hostPort: '1' }], '81/udp': null },
    deviceRequests: [{ deviceIDs: ['x'], capabilities: [['gpu']], options: { Some: 'Thing' } }],
    mounts: [{ type: 'volume', volumeOptions: { labels: { A: 'B' }, driverConfig: { name: 'local' } } }],
  })
})

test('and back: the same, whatever was in it', () => {
  assert.deepEqual(toWire(toOwn(host, 'HostConfig'), 'HostConfig'), host)
  const config: ContainerConfig = { Env: [], Labels: { UTSMode: 'x' }, Volumes: { '/Data': {} }, Cmd: [], Tty: false }
  assert.deepEqual(toWire(toOwn(config, 'ContainerConfig'), 'ContainerConfig'), config)
  const pool: IPAMConfig = { Subnet: 'a', IPRange: 'b', AuxiliaryAddresses: { IPRange: 'c' } }
  assert.deepEqual(toWire(toOwn(pool, 'IPAMConfig'), 'IPAMConfig'), pool)
})

test('what the document does not have is left out, nothing stays nothing', () => {
  assert.deepEqual(toOwn({ Memory: 1, Colour: 'red' }, 'HostConfig'), { memory: 1 })
  assert.equal(toOwn(undefined, 'HostConfig'), undefined)
})
