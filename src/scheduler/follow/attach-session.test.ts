// What a real Docker Engine tells in an order that ours never has.
import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import type { Docker } from '../../docker/client/docker.ts'
import { labels } from '../observe/labels.ts'
import { attachSession } from './attach-session.ts'

/** An engine with one container, whose events the test tells; its log is empty. */
function engine() {
  const events = new PassThrough()
  let moment = 1
  const docker = {
    getEvents: async () => events,
    getContainer: () => ({
      inspect: async () => ({ State: { Running: false, Restarting: false } }),
      logs: async () => Object.assign(Readable.from([]), { headers: {} }),
    }),
    // The session under test calls nothing else.
  } as unknown as Docker
  const tell = (Action: string, more: object = {}) => {
    const Attributes = { name: 'p-web-1', [labels.service]: 'web', ...more }
    events.write(
      `${JSON.stringify({ Type: 'container', Action, Actor: { ID: 'abc', Attributes }, timeNano: moment++ })}\n`,
    )
  }
  return { docker, tell }
}

test('an end is told though the stop was heard of first', async () => {
  const { docker, tell } = engine()
  const exits: number[] = []
  const session = await attachSession(docker, {
    projectName: 'p',
    monitored: () => true,
    attached: () => true,
    signal: new AbortController().signal,
    onLine() {},
    onUnreadable() {},
    onExit: (_, code) => exits.push(code),
  })
  try {
    session.follow({ id: 'abc', name: 'p-web-1', service: 'web' })
    const ended = session.ended()
    for (const action of ['kill', 'stop']) tell(action)
    tell('die', { exitCode: '143' })
    await ended
    assert.deepEqual(exits, [143])
  } finally {
    await session.close()
  }
})
