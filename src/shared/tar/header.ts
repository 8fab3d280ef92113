// The head of a tar entry: ustar, and a pax header before it where ustar's fields can't hold it (POSIX pax, "pax
// Interchange Format").

/** The type flags of ustar. */
const entryKinds = {
  file: '0',
  hardLink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  folder: '5',
  fifo: '6',
} as const

export interface TarHead {
  kind: keyof typeof entryKinds
  /** Without a leading slash. */
  name: string
  /** Permission bits. */
  mode: number
  uid: number
  gid: number
  /** Bytes that follow; 0 for all but files. */
  size: number
  /** Seconds since 1970. */
  mtime: number
  /** Of links: where they lead. */
  target?: string
  /** Of devices. */
  major?: number
  minor?: number
  /** Extended attributes, by name. */
  attributes?: Readonly<Record<string, Buffer>>
}

const block = 512
/** A field of n bytes holds n-1 octal digits. */
const mostOf = (length: number) => 8 ** (length - 1) - 1

/** Everything of an entry but its content. */
export function tarHead(head: TarHead): Buffer {
  const records = paxRecords(head)
  const main = ustarHead(head, entryKinds[head.kind])
  if (records.length === 0) return main
  const pax = { ...head, name: 'PaxHeaders/entry', target: '', mode: 0o644, size: records.length }
  return Buffer.concat([ustarHead(pax, 'x'), records, padding(records.length), main])
}

/** Zeros up to the next block. */
export const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

/** Two empty blocks end an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block)

/** Empty where ustar's fields hold everything. */
function paxRecords({ name, target = '', uid, gid, size, attributes = {} }: TarHead): Buffer {
  const isPlain = (text: string) => Buffer.byteLength(text) <= 100 && /^[\x20-\x7e]*$/.test(text)
  return Buffer.concat([
    ...(isPlain(name) ? [] : [record('path', name)]),
    ...(isPlain(target) ? [] : [record('linkpath', target)]),
    ...(uid > mostOf(8) ? [record('uid', String(uid))] : []),
    ...(gid > mostOf(8) ? [record('gid', String(gid))] : []),
    ...(size > mostOf(12) ? [record('size', String(size))] : []),
    ...Object.entries(attributes).map(([key, value]) => record(`SCHILY.xattr.${key}`, value)),
  ])
}

/** `<length> <key>=<value>\n`, in which the length counts its own digits. */
function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as Buffer), Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function ustarHead({ name, target = '', major, minor, ...fields }: TarHead, kind: string): Buffer {
  const head = Buffer.alloc(block)
  // What is cut or too large here stands in the pax header.
  const octal = (value: number, at: number, length: number) => {
    const digits = (value > mostOf(length) ? 0 : value).toString(8)
    head.write(`${digits.padStart(length - 1, '0')}\0`, at, length, 'latin1')
  }
  Buffer.from(name).copy(head, 0, 0, 100)
  octal(fields.mode & 0o7777, 100, 8)
  octal(fields.uid, 108, 8)
  octal(fields.gid, 116, 8)
  octal(fields.size, 124, 12)
  octal(Math.max(0, fields.mtime), 136, 12)
  head.write(`        ${kind}`, 148, 9, 'latin1')
  Buffer.from(target).copy(head, 157, 0, 100)
  head.write('ustar\x0000', 257, 8, 'latin1')
  if (major !== undefined) octal(major, 329, 8)
  if (minor !== undefined) octal(minor, 337, 8)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return head
}
