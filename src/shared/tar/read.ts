// Reads tar archives: ustar, pax and GNU long names (tar(5)). Values of extended attributes stay bytes, which is
// why this is not done by a library that makes texts of them.
import { ComposeError } from '../errors.ts'

export type TarType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'folder' | 'fifo'

export interface TarEntry {
  /** As it stands in the archive. */
  name: string
  type: TarType
  linkName: string
  mode: number
  uid: number
  gid: number
  size: number
  /** Seconds, with a fraction. */
  mtime: number
  major: number
  minor: number
  xattrs: ReadonlyMap<string, Buffer>
}

export interface TarMember {
  entry: TarEntry
  /** The content; what is not read is skipped. */
  content(): AsyncGenerator<Buffer>
}

const types: Record<string, TarType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'folder',
  '6': 'fifo',
}
export const blockSize = 512
/** Headers of one entry are small; more than this is an attack. */
const longestHeader = 16 * 1024 * 1024

export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const reader = createReader(source)
  let global = new Map<string, Buffer>()
  let next = new Map<string, Buffer>()
  for (;;) {
    const header = await reader.read(blockSize)
    if (header.length === 0 || header.every(byte => byte === 0)) {
      // What follows the end is padding, but a digest is of the whole.
      await reader.skip(Number.POSITIVE_INFINITY)
      return
    }
    if (!isTarHead(header)) throw new ComposeError('invalid_argument', 'not a tar archive, or a damaged one')
    const kind = header.toString('latin1', 156, 157)
    const size = number(header, 124, 12)
    if (kind === 'x' || kind === 'g' || kind === 'L' || kind === 'K') {
      if (size > longestHeader)
        throw new ComposeError('invalid_argument', 'tar archive with a header of more than 16 MiB')
      const body = await reader.read(size)
      await reader.skip(padding(size))
      if (kind === 'x') next = new Map([...next, ...paxRecords(body)])
      else if (kind === 'g') global = new Map([...global, ...paxRecords(body)])
      else next.set(kind === 'L' ? 'path' : 'linkpath', body.subarray(0, zeroEnd(body)))
      continue
    }
    const entry = toEntry(header, new Map([...global, ...next]))
    next = new Map()
    if (!entry) {
      await reader.skip(size + padding(size))
      continue
    }
    let left = entry.type === 'file' ? entry.size : 0
    yield {
      entry,
      async *content() {
        while (left > 0) {
          const piece = await reader.some(left)
          if (piece.length === 0)
            throw new ComposeError('invalid_argument', `tar archive ends in the middle of ${entry.name}`)
          left -= piece.length
          yield piece
        }
      },
    }
    await reader.skip(left + padding(entry.type === 'file' ? entry.size : 0))
  }
}

function toEntry(header: Buffer, pax: ReadonlyMap<string, Buffer>): TarEntry | undefined {
  const type = types[header.toString('latin1', 156, 157)]
  if (!type) return undefined
  const text = (key: string, fallback: string) => pax.get(key)?.toString('utf8') ?? fallback
  const value = (key: string, fallback: number) => (pax.has(key) ? Number(pax.get(key)?.toString('latin1')) : fallback)
  const isUstar = header.toString('latin1', 257, 262) === 'ustar'
  // GNU archives use the place of the prefix for other things.
  const prefix = isUstar && header[263] === 48 ? field(header, 345, 155) : ''
  const name = field(header, 0, 100)
  const xattrs = [...pax]
    .filter(([key]) => key.startsWith('SCHILY.xattr.'))
    .map(([key, bytes]) => [key.slice(13), bytes] as const)
  const full = text('path', prefix ? `${prefix}/${name}` : name)
  return {
    name: full,
    // Archives before POSIX mark folders by their name alone.
    type: type === 'file' && full.endsWith('/') ? 'folder' : type,
    linkName: text('linkpath', field(header, 157, 100)),
    mode: number(header, 100, 8) & 0o7777,
    uid: value('uid', number(header, 108, 8)),
    gid: value('gid', number(header, 116, 8)),
    size: value('size', number(header, 124, 12)),
    mtime: value('mtime', number(header, 136, 12)),
    major: number(header, 329, 8),
    minor: number(header, 337, 8),
    xattrs: new Map(xattrs),
  }
}

/** `<length> <key>=<value>\n`, where the value is bytes. */
function paxRecords(body: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at)
    const length = Number(body.toString('latin1', at, space))
    const equals = body.indexOf(61, space)
    if (space < 0 || !(length > 0) || equals < 0) break
    records.set(body.toString('utf8', space + 1, equals), Buffer.from(body.subarray(equals + 1, at + length - 1)))
    at += length
  }
  return records
}

function field(header: Buffer, at: number, length: number): string {
  const bytes = header.subarray(at, at + length)
  return bytes.toString('utf8', 0, zeroEnd(bytes))
}

const zeroEnd = (bytes: Buffer): number => {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes.length : end
}

/** Octal text, or binary where the first bit is set (GNU). */
function number(header: Buffer, at: number, length: number): number {
  const bytes = header.subarray(at, at + length)
  if ((bytes[0] ?? 0) & 0x80)
    return [...bytes].reduce((sum, byte, index) => sum * 256 + (index === 0 ? byte & 0x7f : byte), 0)
  return Number.parseInt(bytes.toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8)
}

/** Begins with a block whose sum of bytes is as it says, with blanks in place of the sum itself. */
export function isTarHead(bytes: Buffer): boolean {
  if (bytes.length < blockSize) return false
  const header = bytes.subarray(0, blockSize)
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte
  return sum === number(header, 148, 8)
}

const padding = (size: number) => (blockSize - (size % blockSize)) % blockSize

function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const { value, done } = await chunks.next()
    if (done) return false
    buffer =
      buffer.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([buffer, value])
    return true
  }
  const reader = {
    /** Exactly so many bytes, fewer only at the end. */
    async read(count: number): Promise<Buffer> {
      while (buffer.length < count && (await more()));
      const out = buffer.subarray(0, count)
      buffer = buffer.subarray(out.length)
      return out
    },
    /** What is there, at most so many bytes; nothing at the end. */
    async some(most: number): Promise<Buffer> {
      while (buffer.length === 0 && (await more()));
      return reader.read(Math.min(most, buffer.length))
    },
    async skip(count: number): Promise<void> {
      for (let left = count; left > 0; ) {
        const piece = await reader.some(left)
        if (piece.length === 0) return
        left -= piece.length
      }
    },
  }
  return reader
}
