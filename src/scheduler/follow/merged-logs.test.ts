import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { Docker } from '../../docker/client/docker.ts'
import { frame, multiplexedType, rawType } from '../../docker/protocol/frames.ts'
import { ComposeError } from '../../shared/errors.ts'
import { mergedLogs } from './merged-logs.ts'

const at = (second: number, text: string) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${text}`
const framed = (...entries: [second: number, text: string, stream?: 'stderr'][]) =>
  entries.map(([second, text, stream]) => frame(stream ?? 'stdout', Buffer.from(at(second, text))))

async function merged(logs: Record<string, Buffer[] | string[] | ComposeError>) {
  const docker = {
    getContainer: (id: string) => ({
      async logs() {
        const log = logs[id]
        if (!log || log instanceof ComposeError) throw log
        const type = typeof log[0] === 'string' ? rawType : multiplexedType
        return Object.assign(Readable.from(log.map(chunk => Buffer.from(chunk))), { headers: { 'content-type': type } })
      },
    }),
    // Nothing else is called.
  } as unknown as Docker
  const lines: string[] = []
  await mergedLogs(docker, {
    containers: Object.keys(logs).map(id => ({ id })),
    window: {},
    onLine: ({ id }, line, time) => lines.push(`${id} ${time.slice(17, 19)} ${line}`),
    onUnreadable: ({ id }) => lines.push(`${id} can't be read`),
  })
  return lines
}

test('lines come by their times, whichever container and chunk they are in; of one time in the order given', async () => {
  assert.deepEqual(
    await merged({
      a: framed([1, 'one\n'], [4, 'four\n'], [6, 'six\n']),
      b: [Buffer.concat(framed([2, 'two\n'], [3, 'three\n', 'stderr'])), ...framed([4, 'four\n'], [5, 'five'])],
      c: [],
    }),
    ['a 01 one', 'b 02 two', 'b 03 three', 'a 04 four', 'b 04 four', 'b 05 five', 'a 06 six'],
  )
})

test('a long line in pieces has the time of its first; a terminal has no frames', async () => {
  assert.deepEqual(
    await merged({
      a: framed([1, 'long '], [3, 'line\n']),
      b: [`${at(2, 'x')}\r\n${at(4, 'no')}`, ' break\r\n'],
    }),
    ['a 01 long line', 'b 02 x', 'b 04 no break'],
  )
})

test('a character that two pieces share comes whole', async () => {
  const [head, tail] = [Buffer.from('€').subarray(0, 1), Buffer.from('€').subarray(1)]
  const entry = (second: number, ...parts: Buffer[]) =>
    frame('stdout', Buffer.concat([Buffer.from(at(second, '')), ...parts]))
  const pieces = [entry(1, head), entry(1, tail, Buffer.from('\n')), entry(2, Buffer.from('next\n'))]
  assert.deepEqual(await merged({ a: pieces }), ['a 01 €', 'a 02 next'])
})

test('whoever takes the lines can have the rest wait', async () => {
  const log = Object.assign(Readable.from([...framed([1, 'one\n']), ...framed([2, 'two\n'])]), {
    headers: { 'content-type': multiplexedType },
  })
  // Nothing else is called.
  const docker = { getContainer: () => ({ logs: async () => log }) } as unknown as Docker
  const seen: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const all = mergedLogs(docker, {
    containers: [{ id: 'a' }],
    window: {},
    onLine: (_, line) => seen.push(line),
    onPause: () => promise,
    onUnreadable: () => {},
  })
  await new Promise(done => setImmediate(done))
  assert.deepEqual(seen, ['one'])
  resolve()
  await all
  assert.deepEqual(seen, ['one', 'two'])
})

test('a log that nobody can read does not hide the others', async () => {
  assert.deepEqual(await merged({ a: new ComposeError('not_implemented', 'none'), b: framed([1, 'heard\n']) }), [
    "a can't be read",
    'b 01 heard',
  ])
})
