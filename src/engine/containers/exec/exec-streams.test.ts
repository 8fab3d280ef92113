import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { withPipes } from './exec-streams.ts'

test('a runtime that can not be started is cleaned up after', async () => {
  // Nothing else of the runtime is used.
  const runtime = { spawn: (args, stdio) => spawn('/nowhere', args, { stdio }) } as Pick<Runtime, 'spawn'> as Runtime
  let cleaned = 0
  const { exited } = withPipes({
    runtime,
    argv: [],
    program: { cmd: ['true'] },
    pidFile: '/nowhere',
    cleanUp: () => cleaned++,
  })
  const { exitCode, complaint } = await exited
  assert.deepEqual([exitCode, cleaned], [126, 1])
  assert.match(complaint ?? '', /ENOENT/)
})
