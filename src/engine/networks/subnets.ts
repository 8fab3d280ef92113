// Which subnets a network has: as asked for, or free ones. Engines of other data roots choose out of the same pools, so
// whoever chooses holds a lock of the host until the host has a route to what was chosen.

import type { NetworkCreateRequest } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { close, lock, O, open } from '../kernel/libc.ts'
import { listRoutes } from '../kernel/links.ts'
import { openNetlink } from '../kernel/netlink.ts'
import {
  addressAt,
  contains,
  formatAddress,
  formatSubnet,
  offsetIn,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './addresses.ts'
import { freeSubnet } from './pools.ts'
import type { NetworkRecord, PoolRecord } from './record.ts'

type Addressing = Pick<NetworkRecord['ipam'], 'config' | 'chosen'>

/** The pools a request asks for, checked, or one free subnet. */
export function addressing(request: NetworkCreateRequest, others: readonly NetworkRecord[]): Addressing {
  const taken = takenSubnets(others)
  const wanted = (request.IPAM?.Config ?? []).filter(({ Subnet }) => Subnet)
  if (wanted.length === 0) return { config: [pool(freeSubnet(taken))], chosen: true }
  const config = wanted.map(({ Subnet = '', Gateway, IPRange, AuxiliaryAddresses }) => {
    const subnet = parseSubnet(Subnet)
    if (subnet.first.family === 6)
      throw new ComposeError(
        'not_implemented',
        `network ${request.Name}: IPv6 is not available on this engine yet (subnet ${Subnet})`,
      )
    const clash = taken.find(other => overlap(other, subnet))
    if (clash) {
      throw new ComposeError(
        'conflict',
        `invalid pool request: Pool overlaps with other one on this address space: ${formatSubnet(clash)}`,
        {
          hint: `subnet ${Subnet} is in use by another network or by a route of this host: choose another one`,
        },
      )
    }
    if (Gateway && !contains(subnet, parseAddress(Gateway))) {
      throw new ComposeError(
        'invalid_argument',
        `invalid network config: gateway ${Gateway} is not in subnet ${Subnet}`,
      )
    }
    return {
      ...pool(subnet, IPRange ? parseSubnet(IPRange) : undefined),
      ...(Gateway ? { gateway: Gateway } : {}),
      ...(IPRange ? { ipRange: IPRange } : {}),
      ...(AuxiliaryAddresses && Object.keys(AuxiliaryAddresses).length > 0
        ? { auxiliaryAddresses: AuxiliaryAddresses }
        : {}),
    }
  })
  return { config }
}

/**
 * Another subnet for a network that has none yet, or whose own was chosen by an engine and has since been taken by a
 * route of the host (a VPN, another engine); undefined when what it has will do, or nothing else is free. Only for a
 * network without its bridge and without leases.
 */
export function anotherSubnet(
  { id, ipam, leases }: NetworkRecord,
  all: readonly NetworkRecord[],
): Addressing | undefined {
  const taken = takenSubnets(all.filter(other => other.id !== id))
  if (ipam.config.length === 0) return { config: [pool(freeSubnet(taken))], chosen: true }
  const clashes = ipam.config.some(({ subnet }) => taken.some(other => overlap(other, parseSubnet(subnet))))
  if (!ipam.chosen || !clashes || Object.keys(leases).length > 0) return undefined
  try {
    return { config: [pool(freeSubnet(taken))], chosen: true }
  } catch {
    // With a clash it may still reach its own containers.
    return undefined
  }
}

const pool = (subnet: Subnet, range = subnet): PoolRecord => ({
  subnet: formatSubnet(subnet),
  gateway: formatAddress(addressAt(range, offsetIn(subnet, range.first) === 0n ? 1n : 0n)),
})

/** Of other networks, with and without their bridges, and of the host. */
function takenSubnets(others: readonly NetworkRecord[]): Subnet[] {
  using socket = openNetlink()
  const routes = listRoutes(socket.fd).map(({ ip, prefix }) => ({
    first: { family: 4 as const, bytes: Buffer.from(ip) },
    prefix,
  }))
  return [...routes, ...others.flatMap(({ ipam }) => ipam.config.map(one => parseSubnet(one.subnet)))]
}

let locked = false

/** Work that is synchronous and short. Within itself it runs at once. */
export function withHostLock<T>(work: () => T): T {
  if (locked) return work()
  const fd = open('/run', O.RDONLY | O.DIRECTORY)
  try {
    lock(fd)
    locked = true
    return work()
  } finally {
    locked = false
    close(fd)
  }
}
