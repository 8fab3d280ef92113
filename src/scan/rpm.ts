// rpm's database in its form since rpm 4.16: SQLite, a row for each package, which is its header as it stands in the
// package's file (rpm, lib/header.c). All numbers are big-endian.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Package } from './package.ts'

const tags = { name: 1000, version: 1001, release: 1002, epoch: 1003, license: 1014, architecture: 1022, source: 1044 }

/** `log`: what stands beside it and was not yet written into it. */
export function readRpm(database: Buffer, location: string, log: Buffer | undefined): Package[] {
  // Loaded for who needs it: Node before 26 says that it is experimental.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const folder = mkdtempSync(join(tmpdir(), 'tsc-scan-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    writeFileSync(path, database)
    if (log) writeFileSync(`${path}-wal`, log)
    const opened = new DatabaseSync(path)
    try {
      const rows = opened.prepare('SELECT blob FROM Packages ORDER BY hnum').all()
      return rows.flatMap(({ blob }) => (blob instanceof Uint8Array ? readHeader(Buffer.from(blob), location) : []))
    } finally {
      opened.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Count of entries, size of the data; 16 bytes an entry: tag, type, offset, count; the data. */
function readHeader(header: Buffer, location: string): Package[] {
  const data = 8 + header.readUInt32BE(0) * 16
  const offsets = new Map<number, number>()
  for (let at = 8; at < data; at += 16) offsets.set(header.readUInt32BE(at), data + header.readUInt32BE(at + 8))
  const text = (tag: keyof typeof tags) => {
    const at = offsets.get(tags[tag])
    return at === undefined ? undefined : header.toString('utf8', at, header.indexOf(0, at))
  }
  const epochAt = offsets.get(tags.epoch)
  const [name, version, release] = [text('name'), text('version'), text('release')]
  // Keys of repositories are kept as packages too.
  if (!name || !version || name === 'gpg-pubkey') return []
  return [
    {
      kind: 'rpm',
      name,
      version: release ? `${version}-${release}` : version,
      epoch: epochAt === undefined ? undefined : String(header.readUInt32BE(epochAt)),
      license: text('license'),
      architecture: text('architecture'),
      source: text('source'),
      location,
    },
  ]
}
