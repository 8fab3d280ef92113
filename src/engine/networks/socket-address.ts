// Addresses as bind(2) and connect(2) take them.
import { AF } from '../kernel/libc.ts'
import { addressBytes, parseAddress } from './addresses.ts'

/** struct sockaddr_in or sockaddr_in6. */
export function socketAddress(address: string, port: number): Buffer {
  if (!address.includes(':')) {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt16LE(AF.INET, 0)
    bytes.writeUInt16BE(port, 2)
    addressBytes(parseAddress(address)).copy(bytes, 4)
    return bytes
  }
  const bytes = Buffer.alloc(28)
  bytes.writeUInt16LE(AF.INET6, 0)
  bytes.writeUInt16BE(port, 2)
  ipv6Bytes(address).copy(bytes, 8)
  return bytes
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.replace(/^\[|\]$/g, '').split('::')
  const groups = (text: string | undefined) => (text ? text.split(':') : [])
  const gap = 8 - groups(head).length - groups(tail).length
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array<string>(gap).fill('0'), ...groups(tail)]
  const bytes = Buffer.alloc(16)
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  return bytes
}
