// IPv4 addresses and prefixes as values. Texts in, texts out; numbers inside.
import { ComposeError } from '../../shared/errors.ts'

export interface Subnet {
  /** The first address as a number. */
  base: number
  prefix: number
}

export function parseAddress(text: string): number {
  const parts = text.split('.').map(Number)
  const valid = parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part <= 255)
  if (!valid) throw new ComposeError('invalid_argument', `invalid IPv4 address: ${text}`)
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

export const formatAddress = (value: number): string => addressBytes(value).join('.')

export const addressBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** `10.1.2.3/16` is taken for its network, 10.1.0.0/16. */
export function parseSubnet(text: string): Subnet {
  const [address = '', bits = ''] = text.split('/')
  const prefix = Number(bits)
  if (bits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) {
    throw new ComposeError(
      'invalid_argument',
      `invalid subnet ${text}: expected an address and a prefix, such as 10.5.0.0/16`,
    )
  }
  const base = parseAddress(address)
  return { base: base - (base % sizeOf(prefix)), prefix }
}

export const formatSubnet = ({ base, prefix }: Subnet): string => `${formatAddress(base)}/${prefix}`

export const sizeOf = (prefix: number): number => 2 ** (32 - prefix)

export const contains = (subnet: Subnet, address: number): boolean =>
  address >= subnet.base && address < subnet.base + sizeOf(subnet.prefix)

export const overlap = (a: Subnet, b: Subnet): boolean =>
  a.base < b.base + sizeOf(b.prefix) && b.base < a.base + sizeOf(a.prefix)

/** A locally administered MAC that the address alone decides, so that neighbours never hold a stale one. */
export const macOf = (address: number): Buffer => Buffer.concat([Buffer.from([0x02, 0x42]), addressBytes(address)])

export const formatMac = (mac: Uint8Array): string => [...mac].map(byte => byte.toString(16).padStart(2, '0')).join(':')

export function parseMac(text: string): Buffer {
  const bytes = text.split(/[:-]/).map(part => Number.parseInt(part, 16))
  if (bytes.length !== 6 || bytes.some(byte => !(byte >= 0 && byte <= 255))) {
    throw new ComposeError('invalid_argument', `invalid MAC address: ${text}`)
  }
  return Buffer.from(bytes)
}
