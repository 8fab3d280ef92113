import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hostPlatform } from '../../registry/platform.ts'
import { canRun } from './foreign-programs.ts'

test('programs of another architecture need a handler that containers can use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsc-binfmt-'))
  const handler = (name: string, state: string, flags: string, magic: string) =>
    writeFileSync(
      join(folder, name),
      `${state}\ninterpreter /usr/bin/${name}\nflags: ${flags}\noffset 0\nmagic ${magic}\nmask ff\n`,
    )
  const canBe = (architecture: string) => canRun({ os: 'linux', architecture }, folder)
  try {
    assert.equal(canRun(hostPlatform(), folder), true)
    assert.equal(canRun({ ...hostPlatform(), os: 'windows' }, folder), false)
    assert.equal(canBe('s390x'), false)
    handler('qemu-s390x', 'enabled', 'OCF', '7f454c4602020100000000000000000000020016')
    handler('qemu-riscv64', 'disabled', 'OCF', '7f454c460201010000000000000000000200f300')
    handler('qemu-ppc64le', 'enabled', 'OC', '7f454c4602010100000000000000000002001500')
    handler('python', 'enabled', '', '550d0d0a')
    assert.deepEqual(['s390x', 'riscv64', 'ppc64le', 'mips64le'].map(canBe), [true, false, false, false])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  assert.equal(canBe('s390x'), false)
})
