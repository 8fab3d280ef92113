// An archive as it comes, plain whatever it was compressed by.
import { Readable, Transform } from 'node:stream'
import { compressionIn, decompressor } from '../../shared/compression.ts'
import { ComposeError } from '../../shared/errors.ts'
import { refuseBomb } from '../chrooted/bombs.ts'

export async function decompressed(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const input = Readable.from(source)
  const first = await new Promise<Buffer>((resolve, reject) => {
    input
      .once('data', chunk => resolve(Buffer.from(chunk)))
      .once('error', reject)
      .once('end', () => resolve(Buffer.alloc(0)))
  })
  input.pause()
  if (first.length < 4) throw new ComposeError('invalid_argument', 'the archive is empty')
  input.unshift(first)
  const compression = compressionIn(first)
  if (compression === 'none') return input
  let read = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      read += chunk.length
      done(null, chunk)
    },
  })
  const output = decompressor(compression)
  input.on('error', error => counted.destroy(error))
  counted.on('error', error => output.destroy(error))
  return guarded(input.pipe(counted).pipe(output), () => read)
}

async function* guarded(source: AsyncIterable<Uint8Array>, packed: () => number): AsyncGenerator<Uint8Array> {
  let unpacked = 0
  for await (const chunk of source) {
    unpacked += chunk.length
    refuseBomb(unpacked, packed())
    yield chunk
  }
}
