import assert from 'node:assert/strict'
import { test } from 'node:test'
import { securityOptions, selinuxLabel } from './security-options.ts'

const none = { apparmor: false, selinux: false }
const both = { apparmor: true, selinux: true }

test('security options, with : or =', () => {
  const given = ['no-new-privileges:true', 'seccomp=unconfined', 'systempaths=unconfined', 'label=disable']
  assert.deepEqual(securityOptions(given, none), {
    noNewPrivileges: true,
    seccomp: 'unconfined',
    showSystemPaths: true,
    apparmorProfile: undefined,
    label: {},
  })
  assert.equal(securityOptions(['no-new-privileges=false'], none).noNewPrivileges, false)
  assert.deepEqual(securityOptions(['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'], none).seccomp, {
    defaultAction: 'SCMP_ACT_ALLOW',
  })
})

test('options of a security module hold where the kernel has it, and are refused by name elsewhere', () => {
  assert.equal(securityOptions(['apparmor=mine'], both).apparmorProfile, 'mine')
  assert.throws(() => securityOptions(['apparmor=mine'], none), /"apparmor=mine" needs AppArmor/)
  assert.equal(
    selinuxLabel(securityOptions(['label=type:svirt_apache_t', 'label:level:s0:c1,c2'], both).label),
    'system_u:system_r:svirt_apache_t:s0:c1,c2',
  )
  assert.throws(() => securityOptions(['label:type:x'], none), /"label:type:x" needs SELinux/)
  assert.equal(selinuxLabel({}), '')
})

test("what is none is refused in Docker's words", () => {
  assert.throws(() => securityOptions(['foo'], none), { message: 'invalid --security-opt 1: "foo"' })
  assert.throws(() => securityOptions(['foo=bar'], none), { message: 'invalid --security-opt 2: "foo=bar"' })
  assert.throws(() => securityOptions(['no-new-privileges=maybe'], none), /invalid --security-opt 2/)
  assert.throws(() => securityOptions(['seccomp={bad'], none), /Decoding seccomp profile failed: /)
})
