// The multiplexed stream of attach, logs and exec: 8 bytes of head (stream, 0, 0, 0, length) before each piece.

export const multiplexedType = 'application/vnd.docker.multiplexed-stream'
export const rawType = 'application/vnd.docker.raw-stream'

export const frame = (stream: 'stdout' | 'stderr', payload: Buffer): Buffer =>
  Buffer.concat([frameHead(stream, payload.length), payload])

export function frameHead(stream: 'stdout' | 'stderr', length: number): Buffer {
  const head = Buffer.allocUnsafe(8)
  head.writeUInt32BE(stream === 'stdout' ? 0x01000000 : 0x02000000, 0)
  head.writeUInt32BE(length, 4)
  return head
}
