import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSeccompProfile, type SeccompProfile, seccompOf } from './custom-seccomp.ts'

const machine = { architecture: 'x64', kernel: '6.1.0-18-amd64' }
const section = (profile: SeccompProfile, capabilities: string[] = []) => seccompOf(profile, capabilities, machine)

test('architectures are those that the profile maps the own one to', () => {
  const archMap = [
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
  ]
  assert.deepEqual(section({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, archMap }), {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [],
  })
  assert.equal(section({}), undefined)
})

test('a rule holds where its capabilities, architectures and kernel are', () => {
  const rule = (name: string, more: object) => ({ name, action: 'SCMP_ACT_ALLOW', ...more })
  const profile: SeccompProfile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      rule('always', {}),
      rule('needs-both', { includes: { caps: ['CAP_A', 'CAP_B'] } }),
      rule('not-with-a', { excludes: { caps: ['CAP_A'] } }),
      rule('here', { includes: { arches: ['amd64', 'x32'] } }),
      rule('elsewhere', { includes: { arches: ['arm64'] } }),
      rule('not-here', { excludes: { arches: ['amd64'] } }),
      rule('old-enough', { includes: { minKernel: '4.8' } }),
      rule('too-new', { includes: { minKernel: '6.2' } }),
      rule('before', { excludes: { minKernel: '6.1' } }),
      { names: ['args'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
    ],
  }
  const names = (capabilities: string[]) => {
    // seccompOf() makes a list of rules with names.
    const { syscalls } = section(profile, capabilities) as { syscalls: { names: string[] }[] }
    return syscalls.flatMap(call => call.names)
  }
  assert.deepEqual(names(['CAP_A', 'CAP_B']), ['always', 'needs-both', 'here', 'old-enough', 'args'])
  assert.deepEqual(names(['CAP_B']), ['always', 'not-with-a', 'here', 'old-enough', 'args'])
})

test("a profile that contradicts itself is refused in Docker's words", () => {
  const refused = (profile: object, words: RegExp) =>
    assert.throws(() => parseSeccompProfile(JSON.stringify(profile)), words)
  const defaultAction = 'SCMP_ACT_ALLOW'
  refused({ defaultAction, architectures: ['X'], archMap: [{ architecture: 'X' }] }, /use either 'architectures' or/)
  refused({ defaultAction, syscalls: [{ name: 'a', names: ['b'], action: defaultAction }] }, /use either 'name' or/)
  refused({ defaultAction: 'SCMP_ACT_NOPE' }, /string SCMP_ACT_NOPE is not a valid action for seccomp/)
  refused({ defaultAction, syscalls: [{ name: 'a' }] }, /not a valid action/)
  assert.throws(() => parseSeccompProfile('[]'), /Decoding seccomp profile failed/)
})
