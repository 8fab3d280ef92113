// Netlink messages (RFC 3549, include/uapi/linux/netlink.h): build, send, read the answers. Everything is
// synchronous: the kernel answers a request before send() returns.
import { constants } from 'node:os'
import { isErrno } from '../../shared/errors.ts'
import { AF, bind, close, recv, SOCK, send, socket } from './libc.ts'

export const NLM = { REQUEST: 1, ACK: 4, DUMP: 0x300, EXCL: 0x200, CREATE: 0x400, REPLACE: 0x100 } as const
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const HEADER = 16
const MSG_DONTWAIT = 0x40

export interface Message {
  type: number
  /** Beyond REQUEST and ACK, which are always set. */
  flags?: number
  body: Uint8Array
  /** For the error's text: "add address 10.0.0.2/16". */
  what: string
  /** Errors of this name are taken for success, such as EEXIST. */
  ignore?: readonly string[]
}

export interface Answer {
  type: number
  body: Buffer
}

/** A netlink socket of one protocol family (0 is NETLINK_ROUTE) in the thread's network namespace. */
export function openNetlink(family = 0): Disposable & { fd: number } {
  const fd = socket(AF.NETLINK, SOCK.RAW, family)
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF.NETLINK, 0)
  bind(fd, address)
  return { fd, [Symbol.dispose]: () => close(fd) }
}

/** Sends all messages in one go; throws the error of the first that the kernel refused. */
export function transact(fd: number, messages: readonly Message[]): void {
  send(fd, Buffer.concat(messages.map((message, index) => frame(message, index + 1, NLM.ACK))))
  const open = new Set(messages.keys())
  const failures: string[] = []
  let code = ''
  while (open.size > 0) {
    for (const { type, sequence, body } of receive(fd)) {
      if (type !== NLMSG_ERROR) continue
      open.delete(sequence - 1)
      const message = messages[sequence - 1]
      const errno = -body.readInt32LE(0)
      if (errno === 0 || !message) continue
      const name = errnoName(errno)
      if (message.ignore?.includes(name)) continue
      code ||= name
      failures.push(`${message.what}: ${name}`)
    }
  }
  if (failures[0]) throw Object.assign(new Error(failures[0]), { code })
}

/** The answer to a request for one thing; undefined when the kernel refused with an error that is ignored. */
export function request(fd: number, message: Message): Answer | undefined {
  send(fd, frame(message, 1, 0))
  for (const answer of receive(fd)) {
    if (answer.type !== NLMSG_ERROR) return answer
    const name = errnoName(-answer.body.readInt32LE(0))
    if (!message.ignore?.includes(name)) throw Object.assign(new Error(`${message.what}: ${name}`), { code: name })
  }
  return undefined
}

/** All answers to a dump request. */
export function dump(fd: number, message: Message): Answer[] {
  send(fd, frame(message, 1, NLM.DUMP))
  const answers: Answer[] = []
  for (;;) {
    for (const { type, body } of receive(fd)) {
      if (type === NLMSG_DONE) return answers
      if (type === NLMSG_ERROR) throw new Error(`${message.what}: ${errnoName(-body.readInt32LE(0))}`)
      answers.push({ type, body })
    }
  }
}

/** What has arrived on a socket that listens to a group; undefined when more came than it could hold. */
export function pending(fd: number): Answer[] | undefined {
  const answers: Answer[] = []
  try {
    for (;;) {
      const some = [...receive(fd, MSG_DONTWAIT)]
      if (some.length === 0) return answers
      answers.push(...some)
    }
  } catch (error) {
    if (isErrno(error, 'ENOBUFS')) return undefined
    throw error
  }
}

function frame({ type, flags = 0, body }: Message, sequence: number, extra: number): Buffer {
  const out = Buffer.alloc(align(HEADER + body.length))
  out.writeUInt32LE(HEADER + body.length, 0)
  out.writeUInt16LE(type, 4)
  out.writeUInt16LE(NLM.REQUEST | flags | extra, 6)
  out.writeUInt32LE(sequence, 8)
  out.set(body, HEADER)
  return out
}

function* receive(fd: number, flags = 0): Generator<Answer & { sequence: number }> {
  const buffer = Buffer.alloc(65536)
  const length = recv(fd, buffer, flags)
  for (let at = 0; at + HEADER <= length; ) {
    const size = buffer.readUInt32LE(at)
    yield {
      type: buffer.readUInt16LE(at + 4),
      sequence: buffer.readUInt32LE(at + 8),
      body: buffer.subarray(at + HEADER, at + size),
    }
    at += align(size)
  }
}

/** One attribute: a number is 4 bytes, a text is terminated by zero. */
export function attribute(type: number, value: number | string | Uint8Array): Buffer {
  const body =
    typeof value === 'number' ? uint32(value) : typeof value === 'string' ? Buffer.from(`${value}\0`, 'utf8') : value
  const out = Buffer.alloc(align(4 + body.length))
  out.writeUInt16LE(4 + body.length, 0)
  out.writeUInt16LE(type, 2)
  out.set(body, 4)
  return out
}

export const nested = (type: number, ...attributes: Uint8Array[]): Buffer =>
  attribute(type | 0x8000, Buffer.concat(attributes))

/** The attributes from `offset` on, by type. */
export function attributesOf(body: Buffer, offset: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = offset; at + 4 <= body.length; ) {
    const length = body.readUInt16LE(at)
    if (length < 4) break
    found.set(body.readUInt16LE(at + 2) & 0x3fff, body.subarray(at + 4, at + length))
    at += align(length)
  }
  return found
}

export function uint32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value >>> 0)
  return out
}

const align = (length: number) => (length + 3) & ~3
const errnoName = (errno: number) =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
