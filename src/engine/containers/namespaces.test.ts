import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasOwnNetwork, joinedContainers, namespaceModes, parseNamespaces } from './namespaces.ts'

test('words become values, and are shown as Docker Engine shows them', () => {
  const shown = (modes: Parameters<typeof parseNamespaces>[0]) => Object.values(namespaceModes(parseNamespaces(modes)))
  assert.deepEqual(shown({}), ['bridge', 'private', '', '', 'private'])
  assert.deepEqual(shown({ NetworkMode: 'default' })[0], 'bridge')
  const host = { NetworkMode: 'host', IpcMode: 'host', PidMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' } as const
  assert.deepEqual(shown(host), Array(5).fill('host'))
  const joined = { NetworkMode: 'container:a', IpcMode: 'container:b', PidMode: 'container:c' }
  assert.deepEqual(shown(joined).slice(0, 3), ['container:a', 'container:b', 'container:c'])
  assert.deepEqual(joinedContainers(parseNamespaces(joined)), ['a', 'b', 'c'])
  assert.deepEqual(shown({ NetworkMode: 'none', IpcMode: 'none' }).slice(0, 2), ['none', 'none'])
  assert.deepEqual(parseNamespaces({ NetworkMode: 'shop_front' }).network, { kind: 'network', network: 'shop_front' })
})

test('a network namespace is its own on a network and on none', () => {
  const own = (NetworkMode: string) => hasOwnNetwork(parseNamespaces({ NetworkMode }))
  assert.deepEqual(['bridge', 'none', 'host', 'container:a'].map(own), [true, true, false, false])
})
