// The bridge of a network: a link of the host with the network's gateways as its addresses.
import { ComposeError } from '../../shared/errors.ts'
import { addAddress, createBridge, deleteLink, findLink, type Link, linkUp } from '../kernel/links.ts'
import { openNetlink, transact } from '../kernel/netlink.ts'
import { setNetSysctl } from '../kernel/sysctls.ts'
import { macOf, parseAddress, parseSubnet } from './addresses.ts'
import type { LinkNames } from './link-names.ts'
import type { NetworkRecord } from './record.ts'

/** Undefined where there is none. One that is down may be half-made: an engine was killed, or had no descriptor. */
export function bridgeOf({ bridge }: NetworkRecord): Link | undefined {
  using socket = openNetlink()
  return findLink(socket.fd, bridge)
}

/** Makes what is missing of it and puts it up last. Returns its link index. */
export function makeBridge({ bridge, ipam, options }: NetworkRecord, { group }: LinkNames): number {
  using socket = openNetlink()
  const gateways = ipam.config.map(({ subnet, gateway }) => ({
    address: parseAddress(gateway),
    subnet: parseSubnet(subnet),
  }))
  const mtu = Number(options['com.docker.network.driver.mtu'] ?? 0) || undefined
  const existing = findLink(socket.fd, bridge)
  if (!existing)
    transact(socket.fd, [createBridge(bridge, group, macOf(gateways[0]?.address ?? parseAddress('0.0.0.0')), mtu)])
  const index = existing?.index ?? findLink(socket.fd, bridge)?.index
  if (index === undefined) throw new ComposeError('internal', `bridge ${bridge} is not there after it was created`)
  setNetSysctl(`ipv6/conf/${bridge}/disable_ipv6`, '1')
  // Lets 127.0.0.1:<published> reach the container; a rule drops what the link itself sends to 127.0.0.0/8.
  setNetSysctl(`ipv4/conf/${bridge}/route_localnet`, '1')
  transact(socket.fd, [
    ...gateways.map(({ address, subnet }) => addAddress(index, { ip: address.bytes, prefix: subnet.prefix })),
    linkUp(index),
  ])
  return index
}

export function deleteBridge({ bridge }: NetworkRecord): void {
  using socket = openNetlink()
  transact(socket.fd, [deleteLink(bridge)])
}
