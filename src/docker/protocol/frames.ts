// The engine's framing of stdout and stderr in one stream: 8 bytes (stream number, 0, 0, 0, length big endian),
// then that many bytes. Streams of a TTY have no frames.
import type { Readable, Writable } from 'node:stream'

/** Content types of streams with and without frames. */
export const multiplexedType = 'application/vnd.docker.multiplexed-stream'
export const rawType = 'application/vnd.docker.raw-stream'

export interface Frame {
  stream: 'stdin' | 'stdout' | 'stderr'
  data: Buffer
}

/** Give it chunks as they come: the frames that are complete, which are to be taken before the next chunk is given. */
export function frameCutter(): (chunk: Buffer) => Generator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  return function* (chunk) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (all.length - at >= 8) {
      const end = at + 8 + all.readUInt32BE(at + 4)
      if (all.length < end) break
      yield { stream: streamNames[all[at] ?? 1] ?? 'stdout', data: all.subarray(at + 8, end) }
      at = end
    }
    rest = all.subarray(at)
  }
}

const streamNames = ['stdin', 'stdout', 'stderr'] as const

export async function* frames(source: Readable): AsyncGenerator<Frame> {
  const cut = frameCutter()
  for await (const chunk of source) yield* cut(chunk)
}

/** dockerode's `modem.demuxStream`, settled when the source has ended. */
export async function demuxStream(source: Readable, stdout: Writable, stderr: Writable): Promise<void> {
  for await (const { stream, data } of frames(source)) {
    const target = stream === 'stderr' ? stderr : stdout
    if (!target.write(data)) await new Promise(resolve => target.once('drain', resolve))
  }
}

/** The other direction, for servers and tests. */
export const frame = (stream: 'stdout' | 'stderr', payload: Buffer): Buffer =>
  Buffer.concat([frameHead(stream, payload.length), payload])

/** For a piece that is written after it. */
export function frameHead(stream: 'stdout' | 'stderr', length: number): Buffer {
  const head = Buffer.allocUnsafe(8)
  head.writeUInt32BE(stream === 'stdout' ? 0x01000000 : 0x02000000, 0)
  head.writeUInt32BE(length, 4)
  return head
}
