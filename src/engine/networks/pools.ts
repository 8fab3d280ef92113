// Which addresses a network and its endpoints get. Pure: what is taken comes in.
import { ComposeError } from '../../shared/errors.ts'
import {
  type Address,
  addressAt,
  formatAddress,
  offsetIn,
  overlap,
  parseSubnet,
  type Subnet,
  sizeOf,
  subnetOf,
} from './addresses.ts'

/** Docker's own ranges, cut smaller: 240 networks of 4,094 addresses each instead of 31. */
const pools = ['172.18.0.0/15', '172.20.0.0/14', '172.24.0.0/13', '192.168.0.0/16'].map(parseSubnet)
const networkPrefix = 20
const networkSize = 2n ** BigInt(32 - networkPrefix)

/** The first free subnet of the pools; `taken` holds those of other networks and the host's routes. */
export function freeSubnet(taken: readonly Subnet[]): Subnet {
  for (const pool of pools) {
    for (let offset = 0n; offset < sizeOf(pool); offset += networkSize) {
      const candidate = subnetOf(addressAt(pool, offset), networkPrefix)
      if (!taken.some(other => overlap(other, candidate))) return candidate
    }
  }
  throw new ComposeError('failed_precondition', 'all predefined address pools have been fully subnetted', {
    hint: 'remove networks that are not used (tsc-compose down in their projects), or give this one a subnet by ipam.config',
  })
}

export interface AddressPool {
  subnet: Subnet
  /** Addresses are given out of this part only. */
  range?: Subnet | undefined
  /** The gateway and auxiliary addresses, as texts. */
  reserved: ReadonlySet<string>
}

/**
 * The next free address after `last`, so that an address is not given out again at once, or undefined when there is
 * none. `taken` are texts.
 */
export function freeAddress(
  { subnet, range = subnet, reserved }: AddressPool,
  taken: ReadonlySet<string>,
  last: Address | undefined,
): Address | undefined {
  const count = sizeOf(range)
  const before = last && offsetIn(range, last)
  const start = before === undefined ? 0n : before + 1n
  for (let step = 0n; step < count; step++) {
    const address = addressAt(range, (start + step) % count)
    const text = formatAddress(address)
    if (isHost(subnet, address) && !reserved.has(text) && !taken.has(text)) return address
  }
  return undefined
}

/**
 * Neither the network's own address (in IPv6 that of its routers, RFC 4291) nor the broadcast address of IPv4; the two
 * longest prefixes have neither (RFC 3021, RFC 6164).
 */
function isHost(subnet: Subnet, address: Address): boolean {
  const offset = offsetIn(subnet, address)
  const size = sizeOf(subnet)
  if (size <= 2n) return true
  return offset !== 0n && (address.family === 6 || offset !== size - 1n)
}
