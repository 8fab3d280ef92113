// Content by digest: `blobs/sha256/<hex>`. A blob is visible under its name only after its digest was checked.
import { createHash, randomBytes } from 'node:crypto'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ComposeError } from '../../shared/errors.ts'
import { createKeyedTurns } from '../../shared/turns.ts'
import { createPartialBlobs, type WantedBlob, wrongContent } from './partial-blobs.ts'

const week = 7 * 24 * 3600 * 1000

export interface Blobs {
  path(digest: string): string
  has(digest: string): boolean
  /** Stores a stream, and throws when it has another digest. */
  put(source: AsyncIterable<Uint8Array>, expected: { digest?: string }): Promise<{ digest: string; size: number }>
  /** Stores what comes from elsewhere, from where an earlier attempt has ended. `open`: the bytes behind `start`. */
  fetch(
    wanted: WantedBlob,
    open: (start: number) => AsyncIterable<Uint8Array>,
    onBytes?: (count: number) => void,
  ): Promise<void>
  putText(text: string): string
  size(digest: string): number
  /** Work on one blob is done one after the other: who comes second finds what the first has stored. */
  exclusively<T>(digest: string, work: () => Promise<T>): Promise<T>
  readText(digest: string): string
  readJson<T>(digest: string): T
  remove(digest: string): void
  /** All that are there. */
  all(): string[]
  /** Removes what an interrupted put() left, and what fetch() has not gone on with for a week. */
  sweep(): void
  /** Removes what interrupted fetches have left. */
  dropPartial(): void
}

export function createBlobs(folder: string): Blobs {
  const incoming = join(folder, 'incoming')
  mkdirSync(join(folder, 'sha256'), { recursive: true })
  mkdirSync(incoming, { recursive: true })

  const partial = createPartialBlobs(join(folder, 'partial'))
  const turns = createKeyedTurns()
  const path = (digest: string): string => {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
    if (!hex) throw new ComposeError('invalid_argument', `unsupported digest ${digest}: expected sha256`)
    return join(folder, 'sha256', hex)
  }
  const blobs: Blobs = {
    path,
    has: digest => existsSync(path(digest)),
    async put(source, expected) {
      const temporary = join(incoming, randomBytes(8).toString('hex'))
      const hash = createHash('sha256')
      let size = 0
      const meter = new Transform({
        transform(chunk: Buffer, _, done) {
          hash.update(chunk)
          size += chunk.length
          done(null, chunk)
        },
      })
      try {
        await pipeline(source, meter, createWriteStream(temporary))
        const digest = `sha256:${hash.digest('hex')}`
        if (expected.digest !== undefined && digest !== expected.digest)
          throw wrongContent(expected.digest, digest, size)
        renameSync(temporary, path(digest))
        return { digest, size }
      } finally {
        rmSync(temporary, { force: true })
      }
    },
    fetch: (wanted, open, onBytes) => partial.complete(wanted, path(wanted.digest), open, onBytes),
    putText(text) {
      const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
      if (!existsSync(path(digest))) {
        const temporary = join(incoming, randomBytes(8).toString('hex'))
        writeFileSync(temporary, text)
        renameSync(temporary, path(digest))
      }
      return digest
    },
    size: digest => statSync(path(digest)).size,
    exclusively: turns.run,
    readText: digest => readFileSync(path(digest), 'utf8'),
    // What a digest names was checked when it was stored; its shape is the caller's to know.
    readJson: <T>(digest: string) => JSON.parse(readFileSync(path(digest), 'utf8')) as T,
    remove: digest => rmSync(path(digest), { force: true }),
    all: () => readdirSync(join(folder, 'sha256')).map(hex => `sha256:${hex}`),
    sweep() {
      rmSync(incoming, { recursive: true, force: true })
      mkdirSync(incoming, { recursive: true })
      partial.sweep(week)
    },
    dropPartial: () => partial.sweep(0),
  }
  return blobs
}
