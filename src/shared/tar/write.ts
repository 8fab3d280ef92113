// Writes tar archives of files: ustar, and a pax header before each entry that ustar's fields can't hold (POSIX pax,
// "pax Interchange Format"). read.ts reads them back.

export interface TarFile {
  /** A leading slash is left out, as all tar programs do. */
  path: string
  content: string | Uint8Array
  /** Permission bits. */
  mode: number
  uid: number
  gid: number
}

const block = 512
/** A field of n bytes holds n-1 octal digits. */
const mostOf = (length: number) => 8 ** (length - 1) - 1

/** The whole archive. `mtime`: seconds since 1970. */
export function writeTar(files: readonly TarFile[], mtime = Math.floor(Date.now() / 1000)): Buffer {
  return Buffer.concat([...files.flatMap(file => entry(file, mtime)), Buffer.alloc(2 * block)])
}

function entry({ path, content, mode, uid, gid }: TarFile, mtime: number): Buffer[] {
  const data = Buffer.from(content as Uint8Array) // Buffer.from takes both; its overloads don't take the union
  const name = path.replace(/^\/+/, '')
  const records = paxRecords({ name, uid, gid, size: data.length })
  const fields = { mode, mtime, uid: uid > mostOf(8) ? 0 : uid, gid: gid > mostOf(8) ? 0 : gid }
  const pax =
    records.length === 0
      ? []
      : [header('PaxHeaders/entry', 'x', { ...fields, mode: 0o644, size: records.length }), padded(records)]
  return [...pax, header(name, '0', { ...fields, size: data.length }), padded(data)]
}

/** Empty where ustar's fields hold everything. */
function paxRecords({ name, uid, gid, size }: { name: string; uid: number; gid: number; size: number }): Buffer {
  const isPlain = Buffer.byteLength(name) <= 100 && /^[\x20-\x7e]*$/.test(name)
  return Buffer.concat([
    ...(isPlain ? [] : [record('path', name)]),
    ...(uid > mostOf(8) ? [record('uid', String(uid))] : []),
    ...(gid > mostOf(8) ? [record('gid', String(gid))] : []),
    ...(size > mostOf(12) ? [record('size', String(size))] : []),
  ])
}

/** `<length> <key>=<value>\n`, in which the length counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + 1
  while (String(length).length + rest !== length) length = String(length).length + rest
  return Buffer.from(`${length} ${key}=${value}\n`)
}

interface Fields {
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
}

function header(name: string, kind: '0' | 'x', fields: Fields): Buffer {
  const head = Buffer.alloc(block)
  // What is cut here stands in the pax header.
  Buffer.from(name).copy(head, 0, 0, 100)
  const octal = (value: number, at: number, length: number) =>
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length, 'latin1')
  octal(fields.mode & 0o7777, 100, 8)
  octal(fields.uid, 108, 8)
  octal(fields.gid, 116, 8)
  octal(fields.size > mostOf(12) ? 0 : fields.size, 124, 12)
  octal(fields.mtime, 136, 12)
  head.write(`        ${kind}`, 148, 9, 'latin1')
  head.write('ustar\x0000', 257, 8, 'latin1')
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return head
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((block - (data.length % block)) % block)])
}
