import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, formatSubnet, parseAddress, parseSubnet } from './addresses.ts'
import { freeAddress, freeSubnet } from './pools.ts'

const pool = (subnet: string, reserved: string[] = [], range?: string) => ({
  subnet: parseSubnet(subnet),
  range: range ? parseSubnet(range) : undefined,
  reserved: new Set(reserved),
})
const next = (from: ReturnType<typeof pool>, taken: string[] = [], last?: string) => {
  const address = freeAddress(from, new Set(taken), last ? parseAddress(last) : undefined)
  return address === undefined ? undefined : formatAddress(address)
}

test('a network gets the first subnet that neither a network nor a route has', () => {
  assert.equal(formatSubnet(freeSubnet([])), '172.18.0.0/20')
  assert.equal(formatSubnet(freeSubnet([parseSubnet('172.18.0.0/16')])), '172.19.0.0/20')
  assert.equal(formatSubnet(freeSubnet([parseSubnet('172.16.0.0/12')])), '192.168.0.0/20')
})

test('exhausted pools say so, and what to do', () => {
  assert.throws(() => freeSubnet([parseSubnet('172.16.0.0/12'), parseSubnet('192.168.0.0/16')]), /fully subnetted/)
})

test('addresses are given in turn, without the network, the gateway and the broadcast address', () => {
  const small = pool('10.0.0.0/29', ['10.0.0.1'])
  assert.equal(next(small), '10.0.0.2')
  assert.equal(next(small, ['10.0.0.2'], '10.0.0.2'), '10.0.0.3')
  assert.equal(next(small, [], '10.0.0.6'), '10.0.0.2')
  assert.equal(next(small, ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']), undefined)
})

test('only a part of the subnet is given out when a range says so', () => {
  assert.equal(next(pool('10.0.0.0/16', [], '10.0.7.0/24')), '10.0.7.0')
  assert.equal(
    next(pool('10.0.0.0/16', [], '10.0.7.0/30'), ['10.0.7.0', '10.0.7.1', '10.0.7.2', '10.0.7.3']),
    undefined,
  )
})

test('addresses of IPv6 are given in turn, without that of the routers', () => {
  const pool6 = pool('fd00::/64', ['fd00::1'])
  assert.equal(next(pool6), 'fd00::2')
  assert.equal(next(pool6, ['fd00::3'], 'fd00::2'), 'fd00::4')
  assert.equal(next(pool('fd00::/126', []), [], 'fd00::2'), 'fd00::3')
  assert.equal(next(pool('fd00::/127', ['fd00::'])), 'fd00::1')
})
