import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { close } from './libc.ts'
import { endedAmong, openPidfd } from './pidfds.ts'

test('an ended process is told from one that runs', async () => {
  const [one, two] = [0, 1].map(() => spawn('sleep', ['1000']))
  assert.ok(one?.pid && two?.pid)
  const fds = [openPidfd(one.pid), openPidfd(two.pid)]
  assert.deepEqual(endedAmong(fds), new Set())
  one.kill()
  await once(one, 'exit')
  assert.deepEqual(endedAmong(fds), new Set([fds[0]]))
  two.kill()
  await once(two, 'exit')
  for (const fd of fds) close(fd)
})

test('a signal in the middle of a look is no error', async () => {
  const listen = () => {}
  process.on('SIGCONT', listen)
  const flood = spawn('sh', ['-c', `while kill -CONT ${process.pid}; do :; done`], { stdio: 'ignore' })
  await once(process, 'SIGCONT')
  const fd = openPidfd(process.pid)
  // Many entries make the look long enough to be interrupted.
  const fds = Array.from({ length: 2000 }, () => fd)
  for (let look = 0; look < 100; look++) assert.equal(endedAmong(fds).size, 0)
  // Its 'exit' may never come: libuv drops signals, SIGCHLD too, while its pipe is full of the flood's.
  assert.ok(flood.pid)
  const end = openPidfd(flood.pid)
  flood.unref()
  flood.kill()
  for (const deadline = Date.now() + 20_000; endedAmong([end]).size === 0; ) {
    assert.ok(Date.now() < deadline, 'the flood did not end')
    await new Promise(resolve => setImmediate(resolve))
  }
  process.off('SIGCONT', listen)
  for (const one of [fd, end]) close(one)
})
