// DNS messages (RFC 1035), as far as answering A, AAAA and PTR questions needs them.

export interface Question {
  id: number
  name: string
  type: number
  class: number
  /** Where the question section ends, so that an answer can repeat it as it stands. */
  end: number
}

export const TYPE = { A: 1, PTR: 12, AAAA: 28 } as const
export const RCODE = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const
const CLASS_IN = 1
const QR = 0x8000
const RD = 0x0100
const RA = 0x0080
const TC = 0x0200

/** The first question of a query, its name in lower case without the last dot; undefined for anything else. */
export function parseQuestion(message: Buffer): Question | undefined {
  if (message.length < 17 || message.readUInt16BE(4) !== 1 || message.readUInt16BE(2) & QR) return undefined
  const labels: string[] = []
  let at = 12
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63 || at + 1 + length > message.length) return undefined
    at += 1 + length
    if (length === 0) break
    labels.push(message.toString('latin1', at - length, at))
  }
  if (at + 4 > message.length) return undefined
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at),
    class: message.readUInt16BE(at + 2),
    end: at + 4,
  }
}

export interface Answer {
  type: number
  /** 4 or 16 bytes of address, or the bytes of an encoded name. */
  data: Buffer
}

const ttl = 600

/** An answer to `query`, which parseQuestion() understood. */
export function encodeAnswer(query: Buffer, { end }: Question, rcode: number, answers: readonly Answer[]): Buffer {
  const size = answers.reduce((sum, { data }) => sum + 12 + data.length, end)
  const out = Buffer.alloc(size)
  query.copy(out, 0, 0, end)
  out.writeUInt16BE(QR | RA | (query.readUInt16BE(2) & RD) | rcode, 2)
  out.writeUInt16BE(1, 4)
  out.writeUInt16BE(answers.length, 6)
  out.writeUInt32BE(0, 8)
  let at = end
  for (const { type, data } of answers) {
    // A pointer to the question's name, which stands right after the header.
    out.writeUInt16BE(0xc00c, at)
    out.writeUInt16BE(type, at + 2)
    out.writeUInt16BE(CLASS_IN, at + 4)
    out.writeUInt32BE(ttl, at + 6)
    out.writeUInt16BE(data.length, at + 10)
    data.copy(out, at + 12)
    at += 12 + data.length
  }
  return out
}

export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean)
  return Buffer.concat([
    ...labels.flatMap(label => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ])
}

/** The address that a name below in-addr.arpa or ip6.arpa asks about, as an address may be written. */
export function reverseAddress(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)
  if (v4) return v4.slice(1).reverse().join('.')
  const nibbles = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1]
  return nibbles
    ?.replaceAll('.', '')
    .split('')
    .reverse()
    .join('')
    .replace(/.{4}(?=.)/g, '$&:')
}

/** What does not fit into `limit` bytes of UDP is cut after the question, and marked so that the asker takes TCP. */
export function truncated(answer: Buffer, question: Question, limit: number): Buffer {
  if (answer.length <= limit) return answer
  const out = Buffer.from(answer.subarray(0, question.end))
  out.writeUInt16BE(out.readUInt16BE(2) | TC, 2)
  out.writeUInt16BE(0, 6)
  out.writeUInt32BE(0, 8)
  return out
}
