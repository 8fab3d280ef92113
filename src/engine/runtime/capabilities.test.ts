import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Capability, containerCapabilities } from './capabilities.ts'
import { rulesFor } from './seccomp-profile.ts'

const own = new Set<Capability>(['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'])
const of = (add: string[] = [], drop: string[] = [], privileged = false) =>
  containerCapabilities({ privileged, add, drop }, own)

test('the defaults, with what is added and without what is dropped', () => {
  assert.deepEqual(of(), ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW'])
  assert.deepEqual(of(['net_admin'], ['CAP_KILL']), ['CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_NET_RAW'])
  assert.deepEqual(of(['NET_ADMIN'], ['ALL']), ['CAP_NET_ADMIN'])
  assert.deepEqual(of(['ALL'], ['CHOWN']), ['CAP_KILL', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN'])
})

test('never more than the engine has itself', () => {
  assert.deepEqual(of([], [], true), ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN'])
  assert.deepEqual(of(['SYS_TIME'], ['ALL']), [])
})

test('an unknown capability is refused', () => {
  assert.throws(() => of(['FLY']), /invalid CapAdd: unknown capability: "CAP_FLY"/)
})

test('the filter opens calls with the capability that guards them', () => {
  const allows = (capabilities: string[], call: string) =>
    rulesFor(capabilities).some(({ names, errno }) => names.includes(call) && errno === undefined)
  assert.equal(allows([], 'mount'), false)
  assert.equal(allows(['CAP_SYS_ADMIN'], 'mount'), true)
  assert.equal(allows([], 'openat'), true)
  assert.equal(allows([], 'io_uring_setup'), false)
})
