import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { bootId, identify, isAlive, isExiting } from './processes.ts'

test('a process is itself, and no other of its id', () => {
  const self = identify(process.pid)
  assert.ok(self && isAlive(self))
  assert.equal(isAlive({ ...self, startTime: `0 ${bootId}` }), false)
})

test('a process of another boot is a stranger, even with the same id and start time', () => {
  const self = identify(process.pid)
  assert.ok(self)
  assert.equal(isAlive({ ...self, startTime: self.startTime.replace(bootId, 'another') }), false)
})

test('a process that has begun to end is exiting, one that runs is not', async () => {
  // The background job's end is never asked for, so it stays as it is.
  const child = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let job: ReturnType<typeof identify>
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    job = identify(Number(line))
    assert.ok(job)
    process.kill(job.pid, 'SIGKILL')
    for (const deadline = Date.now() + 10_000; !isExiting(job); ) assert.ok(Date.now() < deadline)
    const parent = identify(child.pid ?? 0)
    assert.ok(parent && !isExiting(parent))
  } finally {
    if (job && isAlive(job)) process.kill(job.pid, 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  assert.ok(isExiting({ pid: child.pid ?? 0, startTime: '' }))
})
