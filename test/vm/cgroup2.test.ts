// The engine on another kernel: Debian's, with nothing but cgroup v2, in a virtual machine.
import { test } from 'node:test'
import { makeMachine } from './machine.ts'

test('on a kernel with cgroup v2', async t => {
  using machine = await makeMachine()
  await machine.run(t, 'cgroup2')
})
