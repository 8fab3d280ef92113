// Files of this machine that containers hold as configs and secrets.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** Bytes up to which a file is read; beyond, its size and time of change stand for what it holds. */
const readLimit = 1 << 20

/** Undefined: it is no file that we may read; the engine says what it thinks of that. */
export function fileDigest(path: string): string | undefined {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return undefined
    return digestOf(stats.size > readLimit ? `${stats.size} ${stats.mtimeMs}` : readFileSync(path))
  } catch {
    return undefined
  }
}

/** Enough digits to see a change, too few to find a long secret by. */
export const digestOf = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 12)
