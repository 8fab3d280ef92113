// What an archive is compressed by, whether it is one; those that Node can't decompress by itself go through the host's
// programs, into a file.
import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { compressionIn, decompressor, headOf } from '../../shared/compression.ts'
import { ComposeError } from '../../shared/errors.ts'
import { blockSize, isTarHead } from '../../shared/tar/read.ts'
import { refuseBomb } from '../chrooted/bombs.ts'
import { executablePath } from '../runtime/runtime.ts'

/** The path of a tar that is plain, or compressed as layers may be (gzip, zstd). */
export async function decompressWith(path: string, folder: string): Promise<string> {
  const program = programFor(headOf(path, blockSize))
  if (program === undefined) return path
  const file = installed(program)
  const plain = join(folder, 'plain.tar')
  const child = spawn(file, ['-dc', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject))
  const packed = statSync(path).size
  let unpacked = 0
  const guarded = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      unpacked += chunk.length
      refuseBomb(unpacked, packed)
      yield chunk
    }
  }
  try {
    await pipeline(child.stdout, guarded, createWriteStream(plain))
  } catch (error) {
    child.kill()
    await ended
    throw error
  }
  const code = await ended
  if (code !== 0) throw new ComposeError('invalid_argument', `${program}: ${complaint.trim() || `exit code ${code}`}`)
  return plain
}

/** A tar, plain or compressed: a file that is only compressed is none. */
export async function isArchive(path: string): Promise<boolean> {
  const head = headOf(path, blockSize)
  const program = programFor(head)
  const compression = compressionIn(head)
  if (program === undefined && compression === 'none') return isTarHead(head)
  const source = program === undefined ? createReadStream(path, { highWaterMark: 1 << 16 }) : undefined
  const child =
    program === undefined
      ? undefined
      : spawn(installed(program), ['-dc', path], { stdio: ['ignore', 'pipe', 'ignore'] })
  const plain = child?.stdout ?? source?.pipe(decompressor(compression))
  if (!plain) return false
  try {
    return isTarHead(await beginning(plain, blockSize))
  } catch {
    // Compressed only by its first bytes.
    return false
  } finally {
    source?.destroy()
    plain.destroy()
    child?.kill()
  }
}

async function beginning(stream: AsyncIterable<Buffer>, size: number): Promise<Buffer> {
  let found = Buffer.alloc(0)
  for await (const chunk of stream) {
    found = Buffer.concat([found, chunk])
    if (found.length >= size) break
  }
  return found.subarray(0, size)
}

function installed(program: string): string {
  const file = executablePath(program)
  if (file) return file
  throw new ComposeError('failed_precondition', `${program} is not installed, and an archive needs it`, {
    hint: `apt-get install -y ${program === 'xz' ? 'xz-utils' : program}`,
  })
}

/** Undefined: none is needed. */
export function programFor(head: Buffer): string | undefined {
  if (head.toString('hex', 0, 6) === 'fd377a585a00') return 'xz'
  return head.toString('latin1', 0, 3) === 'BZh' ? 'bzip2' : undefined
}
