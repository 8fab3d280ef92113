// Addresses as bind(2) and connect(2) take them.
import { AF } from '../kernel/libc.ts'
import { parseAddress } from './addresses.ts'

/** struct sockaddr_in or sockaddr_in6. */
export function socketAddress(text: string, port: number): Buffer {
  const { family, bytes } = parseAddress(text)
  const out = Buffer.alloc(family === 4 ? 16 : 28)
  out.writeUInt16LE(family === 4 ? AF.INET : AF.INET6, 0)
  out.writeUInt16BE(port, 2)
  bytes.copy(out, family === 4 ? 4 : 8)
  return out
}
