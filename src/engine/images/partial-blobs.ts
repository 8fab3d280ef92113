// Blobs that come over the network, under their digests: what a pull that was interrupted has left is gone on from. Only
// what has its digest leaves this folder, so what lies here may be anything.
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ComposeError, isErrno } from '../../shared/errors.ts'

export interface WantedBlob {
  digest: string
  size?: number | undefined
}

export interface PartialBlobs {
  /**
   * Puts the whole at `target` when it is verified. `open` is asked for the bytes behind the first `start`. One at a
   * time for each digest.
   */
  complete(
    wanted: WantedBlob,
    target: string,
    open: (start: number) => AsyncIterable<Uint8Array>,
    onBytes?: (count: number) => void,
  ): Promise<void>
  /** Removes what nobody has gone on with for so many milliseconds, and nobody does now. */
  sweep(age: number): void
}

export function createPartialBlobs(folder: string): PartialBlobs {
  mkdirSync(folder, { recursive: true })
  const busy = new Set<string>()
  return {
    async complete(wanted, target, open, onBytes) {
      const name = wanted.digest.replace('sha256:', '')
      const path = join(folder, name)
      busy.add(name)
      try {
        await bring(path, wanted, open, onBytes)
        renameSync(path, target)
      } catch (error) {
        // Wrong bytes are no beginning, and a full disk needs the room.
        const isWrong = error instanceof ComposeError && error.code === 'failed_precondition'
        if (isWrong || isErrno(error, 'ENOSPC', 'EDQUOT')) rmSync(path, { force: true })
        throw error
      } finally {
        busy.delete(name)
      }
    },
    sweep(age) {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name)
        if (!busy.has(name) && Date.now() - statSync(path).mtimeMs >= age) rmSync(path, { force: true })
      }
    },
  }
}

async function bring(
  path: string,
  { digest: wanted, size: expected = Number.POSITIVE_INFINITY }: WantedBlob,
  open: (start: number) => AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void = () => {},
): Promise<void> {
  const hash = createHash('sha256')
  let size = 0
  const count = (chunk: Uint8Array) => {
    hash.update(chunk)
    size += chunk.length
    onBytes(size)
  }
  if (existsSync(path)) for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) count(chunk)
  const rest = async function* () {
    for await (const chunk of open(size)) {
      count(chunk)
      yield chunk
    }
  }
  if (size < expected) await pipeline(rest, createWriteStream(path, { flags: 'a' }))
  const digest = `sha256:${hash.digest('hex')}`
  if (digest !== wanted) throw wrongContent(wanted, digest, size)
}

export const wrongContent = (expected: string, got: string, size: number): ComposeError =>
  new ComposeError(
    'failed_precondition',
    `content does not match its digest: expected ${expected}, got ${got} (${size} bytes)`,
    { hint: 'the registry or a proxy on the way sent something else: pull again' },
  )
