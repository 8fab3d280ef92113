// Addresses and subnets of both families as values: family and bytes, compared and counted as numbers.
import { isIPv4, isIPv6 } from 'node:net'
import { ComposeError } from '../../shared/errors.ts'

export type Family = 4 | 6

export interface Address {
  readonly family: Family
  /** 4 or 16, the first byte first. */
  readonly bytes: Buffer
}

export interface Subnet {
  /** Its own address: all host bits are 0. */
  readonly first: Address
  readonly prefix: number
}

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128)

/** IPv6 with or without brackets; an address with a zone is none. */
export function parseAddress(text: string): Address {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (isIPv4(bare)) return { family: 4, bytes: Buffer.from(bare.split('.').map(Number)) }
  if (isIPv6(bare) && !bare.includes('%')) return { family: 6, bytes: ipv6Bytes(bare) }
  throw new ComposeError('invalid_argument', `invalid IP address: ${text}`)
}

function ipv6Bytes(text: string): Buffer {
  // The last 32 bits may be written as IPv4.
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const pair = (high = '', low = '') => (Number(high) * 256 + Number(low)).toString(16)
  const plain = dotted ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}` : text
  const [head = '', tail] = plain.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const gap = 8 - groups(head).length - groups(tail).length
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array<string>(gap).fill('0'), ...groups(tail)]
  const bytes = Buffer.alloc(16)
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  return bytes
}

/** IPv6 in its canonical form (RFC 5952). */
export function formatAddress({ family, bytes }: Address): string {
  if (family === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length || a.index - b.index)[0]
  if (!longest) return groups.join(':')
  const text = groups.join(':')
  const before = text.slice(0, longest.index)
  return `${before}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}

const numberOf = ({ bytes }: Address): bigint => BigInt(`0x${bytes.toString('hex')}`)

function addressOf(family: Family, number: bigint): Address {
  return { family, bytes: Buffer.from(number.toString(16).padStart(bitsOf(family) / 4, '0'), 'hex') }
}

/** `10.1.2.3/16` is taken for its network, 10.1.0.0/16. */
export function parseSubnet(text: string): Subnet {
  const [address = '', bits = ''] = text.split('/')
  const inside = isIPv4(address) || isIPv6(address) ? parseAddress(address) : undefined
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (inside === undefined || prefix < 0 || prefix > bitsOf(inside.family)) {
    throw new ComposeError(
      'invalid_argument',
      `invalid subnet ${text}: invalid CIDR block notation: it is an address and a prefix, such as 10.5.0.0/16`,
    )
  }
  return subnetOf(inside, prefix)
}

/** The subnet of that prefix in which the address is. */
export function subnetOf(inside: Address, prefix: number): Subnet {
  const size = 2n ** BigInt(bitsOf(inside.family) - prefix)
  const number = numberOf(inside)
  return { first: addressOf(inside.family, number - (number % size)), prefix }
}

export const formatSubnet = ({ first, prefix }: Subnet): string => `${formatAddress(first)}/${prefix}`

/** How many addresses it has. */
export const sizeOf = ({ first, prefix }: Subnet): bigint => 2n ** BigInt(bitsOf(first.family) - prefix)

/** The address so far behind the first one. */
export const addressAt = ({ first }: Subnet, offset: bigint): Address =>
  addressOf(first.family, numberOf(first) + offset)

/** How far behind the first one it is; undefined outside of the subnet. */
export function offsetIn(subnet: Subnet, address: Address): bigint | undefined {
  if (subnet.first.family !== address.family) return undefined
  const offset = numberOf(address) - numberOf(subnet.first)
  return offset >= 0n && offset < sizeOf(subnet) ? offset : undefined
}

export const contains = (subnet: Subnet, address: Address): boolean => offsetIn(subnet, address) !== undefined

/** Of two subnets one holds the other, or they have nothing in common. */
export const overlap = (a: Subnet, b: Subnet): boolean => contains(a, b.first) || contains(b, a.first)

/** A locally administered MAC that the address alone decides, so that neighbours never hold a stale one. */
export const macOf = ({ bytes }: Address): Buffer => Buffer.concat([Buffer.from([0x02, 0x42]), bytes.subarray(-4)])

export const formatMac = (mac: Uint8Array): string => [...mac].map(byte => byte.toString(16).padStart(2, '0')).join(':')

export function parseMac(text: string): Buffer {
  const bytes = text.split(/[:-]/).map(part => Number.parseInt(part, 16))
  if (bytes.length !== 6 || bytes.some(byte => !(byte >= 0 && byte <= 255))) {
    throw new ComposeError('invalid_argument', `invalid MAC address: ${text}`)
  }
  return Buffer.from(bytes)
}
