import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testService } from '../../../test/test-project.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { OperationContext } from './handlers.ts'
import type { ProgressEvent } from './progress.ts'
import { providerHandlers } from './provider-operations.ts'

/** Runs a shell script as the provider of db; what it is told goes to `onProgress`. */
function run(script: string, signal: AbortSignal, onProgress: (event: ProgressEvent) => void) {
  const context = {
    docker: { endpoint: { kind: 'unix', path: '/run/engine.sock' } },
    given: {},
    onProgress,
    // Runs of providers use nothing else of it.
  } as unknown as OperationContext & { docker: Docker }
  const call = { program: '/bin/sh', args: ['-c', script], env: { PATH: process.env.PATH ?? '' } }
  const operation = { type: 'runProvider', service: testService('db'), action: 'up', call } as const
  return providerHandlers.runProvider(operation, context, signal).then(() => context.given)
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a provider that is interrupted is told to end, and is gone when the operation is', async () => {
  const abort = new AbortController()
  let pid = 0
  const running = run(`echo '{"type":"info","message":"'$$'"}'; exec sleep 1000`, abort.signal, ({ text }) => {
    if (!/^\d+$/.test(text)) return
    pid = Number(text)
    abort.abort()
  })
  await assert.rejects(running, error => error instanceof ComposeError && error.code === 'canceled')
  assert.ok(pid > 0)
  assert.equal(isAlive(pid), false)
})

test('nobody waits for who holds the output of a provider that was told to end', async () => {
  const script = `sleep 1000 & echo '{"type":"error","message":"'$!'"}'; wait`
  const failure = await run(script, new AbortController().signal, () => {}).catch((error: unknown) => error)
  const holder = Number(failure instanceof Error && failure.message)
  assert.ok(isAlive(holder))
  process.kill(holder)
})

test('a provider that asks an engine asks the one of the command', async () => {
  const script = `echo '{"type":"rawsetenv","message":"HOST='$DOCKER_HOST'"}'`
  assert.deepEqual(await run(script, new AbortController().signal, () => {}), {
    db: { prefixed: {}, raw: { HOST: 'unix:///run/engine.sock' } },
  })
})
