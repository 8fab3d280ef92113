// Small tar archives, written by hand so that tests can say what a careful tool would not.
import { readFileSync } from 'node:fs'
import { busyboxTar } from '../busybox.ts'
import type { TestEngine } from './engine-process.ts'

export interface Entry {
  name: string
  /** '0' file, '1' hard link, '2' symbolic link, '5' folder. */
  type?: string
  body?: string | Buffer
  linkName?: string
  mode?: number
  uid?: number
  gid?: number
  /** Extended attributes, as bytes. */
  xattrs?: Record<string, Buffer>
}

export function tarOf(entries: readonly Entry[], end = true): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), ...(end ? [Buffer.alloc(1024)] : [])])
}

/** Imports a tar as an image; `onBusybox` puts it over the tests' root file system. */
export async function importTar(
  { docker }: TestEngine,
  repo: string,
  tar: Buffer,
  onBusybox = false,
  changes: readonly string[] = [],
): Promise<void> {
  const base = onBusybox ? withoutEnd(readFileSync(busyboxTar())) : Buffer.alloc(0)
  const answer = await docker.importImage(Buffer.concat([base, tar]), {
    repo,
    tag: 'latest',
    changes: ['CMD ["sh"]', ...changes],
  })
  for await (const _ of answer);
}

export function withoutEnd(tar: Buffer): Buffer {
  let end = tar.length
  while (end >= 512 && tar.subarray(end - 512, end).every(byte => byte === 0)) end -= 512
  return tar.subarray(0, end)
}

function entryBlocks({
  name,
  type = '0',
  body = '',
  linkName = '',
  mode = 0o755,
  uid = 0,
  gid = 0,
  xattrs = {},
}: Entry): Buffer[] {
  const pax = Object.entries(xattrs).map(([key, value]) => paxRecord(`SCHILY.xattr.${key}`, value))
  const extra =
    pax.length > 0
      ? [header({ name: 'pax', type: 'x', size: Buffer.concat(pax).length }), padded(Buffer.concat(pax))]
      : []
  return [
    ...extra,
    header({ name, type, linkName, mode, uid, gid, size: Buffer.byteLength(body) }),
    padded(typeof body === 'string' ? Buffer.from(body) : body),
  ]
}

function header({
  name,
  type,
  linkName = '',
  mode = 0o644,
  uid = 0,
  gid = 0,
  size,
}: {
  name: string
  type: string
  linkName?: string
  mode?: number
  uid?: number
  gid?: number
  size: number
}): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  block.write(name, 0)
  octal(mode, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(size, 124, 12)
  octal(1_700_000_000, 136, 12)
  block.write('        ', 148)
  block.write(type, 156)
  block.write(linkName, 157)
  block.write('ustar\x0000', 257)
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return block
}

function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

const padded = (body: Buffer) => Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)])
