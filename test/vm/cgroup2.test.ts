// The engine on another kernel: Debian's, with nothing but cgroup v2, in a virtual machine. There a test may also do
// what would harm a host that is not its own.
import { test } from 'node:test'
import { makeMachine } from './machine.ts'

test('on a kernel with cgroup v2', async t => {
  using machine = await makeMachine()
  await machine.run(t, 'cgroup2', 'host-faults', 'kernel-support')
})
