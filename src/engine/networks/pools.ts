// Which addresses a network and its endpoints get. Pure: what is taken comes in.
import { ComposeError } from '../../shared/errors.ts'
import { contains, overlap, parseSubnet, type Subnet, sizeOf } from './addresses.ts'

/** Docker's own ranges, cut smaller: 240 networks of 4,094 addresses each instead of 31. */
const pools = ['172.18.0.0/15', '172.20.0.0/14', '172.24.0.0/13', '192.168.0.0/16'].map(parseSubnet)
const networkPrefix = 20

/** The first free subnet of the pools; `taken` holds those of other networks and the host's routes. */
export function freeSubnet(taken: readonly Subnet[]): Subnet {
  for (const pool of pools) {
    for (let base = pool.base; base < pool.base + sizeOf(pool.prefix); base += sizeOf(networkPrefix)) {
      const candidate = { base, prefix: networkPrefix }
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
  /** The gateway and auxiliary addresses. */
  reserved: ReadonlySet<number>
}

/**
 * The next free address after `last`, so that an address is not given out again at once, or undefined when there is
 * none.
 */
export function freeAddress(
  pool: AddressPool,
  taken: ReadonlySet<number>,
  last: number | undefined,
): number | undefined {
  const { subnet, range = subnet, reserved } = pool
  const count = sizeOf(range.prefix)
  const start = last !== undefined && contains(range, last) ? last - range.base + 1 : 0
  for (let step = 0; step < count; step++) {
    const address = range.base + ((start + step) % count)
    if (isHost(subnet, address) && !reserved.has(address) && !taken.has(address)) return address
  }
  return undefined
}

/** Neither the network's own address nor its broadcast address; /31 and /32 have neither (RFC 3021). */
const isHost = (subnet: Subnet, address: number): boolean =>
  subnet.prefix >= 31 || (address !== subnet.base && address !== subnet.base + sizeOf(subnet.prefix) - 1)
