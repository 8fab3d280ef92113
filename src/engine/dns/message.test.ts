import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAnswer, encodeName, parseQuestion, RCODE, reverseAddress, TYPE, truncated } from './message.ts'
import { buildZone } from './zone.ts'

function query(name: string, type: number = TYPE.A): Buffer {
  const head = Buffer.from([0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([head, encodeName(name), Buffer.from([0, type, 0, 1])])
}

test('a question is read in lower case, whatever the asker wrote', () => {
  assert.deepEqual(parseQuestion(query('Web.Example')), { id: 0x1234, name: 'web.example', type: 1, class: 1, end: 29 })
})

test('what is no question is not answered', () => {
  assert.equal(parseQuestion(Buffer.alloc(5)), undefined)
  assert.equal(parseQuestion(query('web').subarray(0, 15)), undefined)
  const answer = query('web')
  answer.writeUInt16BE(0x8180, 2)
  assert.equal(parseQuestion(answer), undefined)
  const pointer = Buffer.concat([query('').subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])])
  assert.equal(parseQuestion(pointer), undefined)
})

test('an answer repeats the question and points at its name', () => {
  const asked = query('web')
  const question = parseQuestion(asked)
  assert.ok(question)
  const answer = encodeAnswer(asked, question, RCODE.NOERROR, [{ type: TYPE.A, data: Buffer.from([10, 0, 0, 2]) }])
  assert.equal(
    answer.toString('hex'),
    '1234818000010001000000000377656200000100' + '01c00c0001000100000258' + '00040a000002',
  )
})

test('what does not fit is cut, and marked so that the asker takes TCP', () => {
  const asked = query('web')
  const question = parseQuestion(asked)
  assert.ok(question)
  const answer = encodeAnswer(
    asked,
    question,
    RCODE.NOERROR,
    Array.from({ length: 60 }, () => ({ type: TYPE.A, data: Buffer.alloc(4) })),
  )
  const cut = truncated(answer, question, 512)
  assert.equal(cut.length, question.end)
  assert.equal(cut.readUInt16BE(2) & 0x0200, 0x0200)
  assert.equal(cut.readUInt16BE(6), 0)
  assert.equal(truncated(answer, question, 4096), answer)
})

test('reverse names', () => {
  assert.equal(reverseAddress('2.0.18.172.in-addr.arpa'), '172.18.0.2')
  assert.equal(reverseAddress('example.com'), undefined)
  const nibbles = [...'fd000000000000000000000000000002'].reverse().join('.')
  assert.equal(reverseAddress(`${nibbles}.ip6.arpa`), 'fd00:0000:0000:0000:0000:0000:0000:0002')
})

test('a zone answers only within the networks of the asker', () => {
  const entry = (id: string, networkId: string, ...addresses: string[]) => ({
    id,
    networkId,
    networkName: `net-${networkId}`,
    addresses,
    name: `p-${id}`,
    names: [`p-${id}`, 'App'],
  })
  const zone = buildZone([
    entry('1', 'a', '10.0.0.2'),
    entry('2', 'a', '10.0.0.3'),
    entry('3', 'b', '10.1.0.2', 'fd00::2'),
  ])
  assert.deepEqual(zone.lookup(['a'], 'app'), ['10.0.0.2', '10.0.0.3'])
  assert.deepEqual(zone.lookup(['a', 'b'], 'app'), ['10.0.0.2', '10.0.0.3', '10.1.0.2', 'fd00::2'])
  assert.deepEqual(zone.lookup(['b'], 'p-1'), undefined)
  assert.deepEqual(zone.lookup(['a'], 'app.net-a'), ['10.0.0.2', '10.0.0.3'])
  assert.equal(zone.reverse(['b'], '10.0.0.2'), undefined)
  assert.equal(zone.reverse(['b'], 'fd00::2'), 'p-3.net-b')
  assert.equal(zone.reverse(['a'], '10.0.0.2'), 'p-1.net-a')
})
