import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { isConnectionLost } from '../client/http.ts'
import { jsonLines } from './json-lines.ts'

async function* failing(error: Error): AsyncGenerator<string> {
  yield '{"a":1}\n{"b"'
  throw error
}

test('values come one by one, also over the borders of chunks and without a last line break', async () => {
  const values = await Array.fromAsync(jsonLines(Readable.from(['{"a":', '1}\n\n{"b":2}', '\n{"c":3}'])))
  assert.deepEqual(values, [{ a: 1 }, { b: 2 }, { c: 3 }])
})

test('an answer that ends too early is an engine that has gone; one that its reader ends is canceled', async () => {
  const read: unknown[] = []
  const reading = async (error: Error) => {
    for await (const value of jsonLines(Readable.from(failing(error)))) read.push(value)
  }
  // As Node has it from a connection that is reset in the middle of an answer.
  const aborted = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  await assert.rejects(reading(aborted), error => isConnectionLost(error))
  await assert.rejects(reading(Object.assign(new Error('off'), { code: 'ABORT_ERR' })), { code: 'canceled' })
  assert.deepEqual(read, [{ a: 1 }, { a: 1 }])
})

test('who stops reading ends the answer', async () => {
  const source = Readable.from(['{"a":1}\n', '{"b":2}\n'])
  for await (const _ of jsonLines(source)) break
  assert.equal(source.destroyed, true)
})
