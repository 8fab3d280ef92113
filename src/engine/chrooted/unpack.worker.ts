// A thread that unpacks one archive and ends. Everything it needs is loaded before it changes its root: a later
// import would run a file of the image.
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync } from 'node:fs'
import { Transform } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import { compressionIn, decompressor } from '../../shared/compression.ts'
import { CLONE, chroot, unshare } from '../kernel/libc.ts'
import { refuseBomb } from './bombs.ts'
import { type UnpackOptions, unpackArchive } from './unpack.ts'

export interface UnpackTask {
  /** The archive, plain or compressed. */
  blob: string
  /** Where the parent layers and the new one are mounted, or a container's root. */
  root: string
  options: UnpackOptions
}

export type UnpackResult = { diffId: string; size: number } | { error: string }

// Only unpackIn() starts this file.
const { blob, root, options } = workerData as UnpackTask

async function run(): Promise<UnpackResult> {
  const fd = openSync(blob, 'r')
  try {
    const source = createReadStream('', { fd, autoClose: false, highWaterMark: 1 << 20 })
    const hash = createHash('sha256')
    let unpacked = 0
    const hashed = new Transform({
      highWaterMark: 1 << 20,
      transform(chunk: Buffer, _, done) {
        hash.update(chunk)
        unpacked += chunk.length
        try {
          refuseBomb(unpacked, source.bytesRead)
          done(null, chunk)
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)))
        }
      },
    })
    const first: Buffer = await new Promise((resolve, reject) =>
      source.once('data', chunk => resolve(Buffer.from(chunk))).once('error', reject),
    )
    source.pause()
    source.unshift(first)
    const plain = source.pipe(decompressor(compressionIn(first)))
    for (const stream of [source, plain]) stream.on('error', error => hashed.destroy(error))
    plain.pipe(hashed)
    unshare(CLONE.FS)
    chroot(root)
    const size = await unpackArchive(hashed, options)
    return { diffId: `sha256:${hash.digest('hex')}`, size }
  } finally {
    closeSync(fd)
  }
}

run().then(
  result => parentPort?.postMessage(result),
  error => parentPort?.postMessage({ error: String(error?.message ?? error) } satisfies UnpackResult),
)
