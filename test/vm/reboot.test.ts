// A machine that loses its power with containers running, and is booted again with the same disk.
import { test } from 'node:test'
import { makeMachine } from './machine.ts'

test('reboots', async t => {
  using machine = await makeMachine()
  for (const file of ['reboot-before', 'reboot-command', 'reboot-unit']) await machine.run(t, file)
})
