import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeRoom } from './cgroup-room.ts'

/** Files as in the root of somebody else's tree. */
function tree(on: string) {
  const root = mkdtempSync(join(tmpdir(), 'tsc-cgroup-'))
  const file = (name: string) => join(root, name)
  writeFileSync(file('cgroup.type'), 'domain\n')
  writeFileSync(file('cgroup.controllers'), 'cpu memory pids\n')
  writeFileSync(file('cgroup.subtree_control'), on)
  writeFileSync(file('cgroup.procs'), '')
  return { root, file, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('what is switched on is recorded before, so that a kill in between does not keep it on', () => {
  using one = tree('pids\n')
  const control = () => readFileSync(one.file('cgroup.subtree_control'), 'utf8')
  makeRoom(controllers => {
    assert.deepEqual(controllers, ['cpu', 'memory'])
    assert.equal(control(), 'pids\n')
  }, one.root)
  assert.equal(control(), '+cpu +memory')
})

test('nothing is recorded where all is on, nor in the root of the whole tree', () => {
  using all = tree('cpu memory pids\n')
  using whole = tree('')
  rmSync(whole.file('cgroup.type'))
  for (const { root } of [all, whole]) makeRoom(() => assert.fail('recorded'), root)
})
