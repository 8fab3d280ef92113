import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addressAt,
  contains,
  formatAddress,
  formatMac,
  formatSubnet,
  macOf,
  offsetIn,
  overlap,
  parseAddress,
  parseSubnet,
  sizeOf,
} from './addresses.ts'

for (const [text, canonical] of [
  ['10.0.0.1', '10.0.0.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
] as const)
  test(`${text} is ${canonical}`, () => assert.equal(formatAddress(parseAddress(text)), canonical))

test('any IPv6 address comes back, in a form that others read', () => {
  fc.assert(
    fc.property(fc.ipV6(), text => {
      const address = parseAddress(text)
      const canonical = formatAddress(address)
      assert.ok(isIPv6(canonical), canonical)
      assert.deepEqual(parseAddress(canonical), address)
      assert.equal(new URL(`http://[${text}]/`).hostname, `[${canonical}]`)
    }),
  )
})

test('what is no address or subnet is refused', () => {
  for (const text of ['10.0.0', '10.0.0.256', 'a.b.c.d', '', ':::', 'fe80::1%eth0', '1::2::3'])
    assert.throws(() => parseAddress(text), /invalid IP address/, text)
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/x', 'fd00::/129', '/8'])
    assert.throws(() => parseSubnet(text), /invalid subnet/, text)
})

test('subnets of both families', () => {
  assert.equal(formatSubnet(parseSubnet('10.1.2.3/16')), '10.1.0.0/16')
  assert.equal(formatSubnet(parseSubnet('fd00:1:2:3::9/48')), 'fd00:1:2::/48')
  const subnet = parseSubnet('fd00::/64')
  assert.equal(sizeOf(subnet), 2n ** 64n)
  assert.equal(formatAddress(addressAt(subnet, 2n ** 64n - 1n)), 'fd00::ffff:ffff:ffff:ffff')
  assert.equal(offsetIn(subnet, parseAddress('fd00::10')), 16n)
  assert.equal(offsetIn(subnet, parseAddress('10.0.0.1')), undefined)
  assert.ok(contains(subnet, parseAddress('fd00::1')) && !contains(subnet, parseAddress('fd00:0:0:1::1')))
})

test('overlaps, never between families', () => {
  const overlaps = (a: string, b: string) => overlap(parseSubnet(a), parseSubnet(b))
  assert.ok(overlaps('10.0.0.0/8', '10.1.0.0/16') && overlaps('10.1.0.0/16', '10.0.0.0/8'))
  assert.ok(!overlaps('10.0.0.0/16', '10.1.0.0/16'))
  assert.ok(!overlaps('0.0.0.0/0', '::/0'))
})

test('a MAC follows from the address', () => {
  assert.equal(formatMac(macOf(parseAddress('172.18.0.2'))), '02:42:ac:12:00:02')
  assert.equal(formatMac(macOf(parseAddress('fd00::a:b'))), '02:42:00:0a:00:0b')
})
