// Links, addresses and routes by rtnetlink (rtnetlink(7)). Functions that take a socket act in the network
// namespace in which that socket was opened.
import { type Answer, attribute, attributesOf, dump, type Message, NLM, nested, request, uint32 } from './netlink.ts'

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, SETLINK: 19, NEWADDR: 20, NEWROUTE: 24, GETROUTE: 26 } as const
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, MASTER: 10, LINKINFO: 18, GROUP: 27, NET_NS_FD: 28 } as const
const LINKINFO = { KIND: 1, DATA: 2 } as const
const VETH_INFO_PEER = 1
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const
const RTA = { DST: 1, OIF: 4, GATEWAY: 5 } as const
const IFF_UP = 1
const AF_INET = 2
const AF_INET6 = 10

export interface Link {
  index: number
  name: string
  group: number
  master: number
  /** As set by the administrator, whether or not anything is connected. */
  up: boolean
}

export interface Address {
  /** 4 or 16 bytes. */
  ip: Uint8Array
  prefix: number
}

/** A bridge, still down. */
export const createBridge = (name: string, group: number, mac: Uint8Array, mtu?: number): Message => ({
  type: RTM.NEWLINK,
  flags: NLM.CREATE | NLM.EXCL,
  what: `create bridge ${name}`,
  body: Buffer.concat([
    ifinfo(0, 0),
    attribute(IFLA.IFNAME, name),
    attribute(IFLA.GROUP, group),
    attribute(IFLA.ADDRESS, mac),
    ...(mtu ? [attribute(IFLA.MTU, mtu)] : []),
    nested(IFLA.LINKINFO, attribute(LINKINFO.KIND, 'bridge')),
  ]),
})

export interface VethOptions {
  name: string
  group: number
  /** The bridge's index. */
  master: number
  mtu?: number | undefined
  /** The end inside the container: created there, under its final name, and still down. */
  peer: { name: string; netns: number; mac: Uint8Array }
}

/** A pair of links, the outer end up and on the bridge. */
export const createVeth = ({ name, group, master, mtu, peer }: VethOptions): Message => ({
  type: RTM.NEWLINK,
  flags: NLM.CREATE | NLM.EXCL,
  what: `create link ${name} with ${peer.name} in the container`,
  body: Buffer.concat([
    ifinfo(0, IFF_UP),
    attribute(IFLA.IFNAME, name),
    attribute(IFLA.GROUP, group),
    attribute(IFLA.MASTER, master),
    ...(mtu ? [attribute(IFLA.MTU, mtu)] : []),
    nested(
      IFLA.LINKINFO,
      attribute(LINKINFO.KIND, 'veth'),
      nested(
        LINKINFO.DATA,
        attribute(
          VETH_INFO_PEER,
          Buffer.concat([
            ifinfo(0, 0),
            attribute(IFLA.IFNAME, peer.name),
            attribute(IFLA.ADDRESS, peer.mac),
            attribute(IFLA.NET_NS_FD, peer.netns),
            ...(mtu ? [attribute(IFLA.MTU, mtu)] : []),
          ]),
        ),
      ),
    ),
  ]),
})

export const linkUp = (index: number): Message => ({
  type: RTM.NEWLINK,
  what: `set link ${index} up`,
  body: ifinfo(index, IFF_UP),
})

export const setGroup = (name: string, group: number): Message => ({
  type: RTM.SETLINK,
  what: `put link ${name} into group ${group}`,
  body: Buffer.concat([ifinfo(0, 0, 0), attribute(IFLA.IFNAME, name), attribute(IFLA.GROUP, group)]),
  ignore: ['ENODEV'],
})

export const deleteLink = (name: string): Message => ({
  type: RTM.DELLINK,
  what: `delete link ${name}`,
  body: Buffer.concat([ifinfo(0, 0, 0), attribute(IFLA.IFNAME, name)]),
  ignore: ['ENODEV'],
})

/** All links of a group in one go: a hundred take as long as one. */
export const deleteGroup = (group: number): Message => ({
  type: RTM.DELLINK,
  what: `delete the links of group ${group}`,
  body: Buffer.concat([ifinfo(0, 0, 0), attribute(IFLA.GROUP, group)]),
  ignore: ['ENODEV'],
})

export function addAddress(index: number, { ip, prefix }: Address): Message {
  const attributes = [attribute(IFA.LOCAL, ip), attribute(IFA.ADDRESS, ip)]
  if (ip.length === 4) attributes.push(attribute(IFA.BROADCAST, broadcast(ip, prefix)))
  const head = Buffer.from([ip.length === 4 ? AF_INET : AF_INET6, prefix, 0, 0, 0, 0, 0, 0])
  head.writeUInt32LE(index, 4)
  return {
    type: RTM.NEWADDR,
    flags: NLM.CREATE | NLM.REPLACE,
    what: `add address ${[...ip].join('.')}/${prefix}`,
    body: Buffer.concat([head, ...attributes]),
  }
}

export function addDefaultRoute(index: number, gateway: Uint8Array): Message {
  const [table, protocol, scope, unicast] = [254, 3, 0, 1]
  const family = gateway.length === 4 ? AF_INET : AF_INET6
  return {
    type: RTM.NEWROUTE,
    flags: NLM.CREATE | NLM.REPLACE,
    what: `add default route by ${[...gateway].join('.')}`,
    body: Buffer.concat([
      Buffer.from([family, 0, 0, 0, table, protocol, scope, unicast, 0, 0, 0, 0]),
      attribute(RTA.GATEWAY, gateway),
      attribute(RTA.OIF, uint32(index)),
    ]),
  }
}

export const listLinks = (fd: number): Link[] =>
  dump(fd, { type: RTM.GETLINK, what: 'list links', body: ifinfo(0, 0, 0) }).map(linkOf)

/** The link of that name, or undefined when there is none. */
export function findLink(fd: number, name: string): Link | undefined {
  const body = Buffer.concat([ifinfo(0, 0, 0), attribute(IFLA.IFNAME, name)])
  const answer = request(fd, { type: RTM.GETLINK, what: `find link ${name}`, body, ignore: ['ENODEV'] })
  return answer && linkOf(answer)
}

function linkOf({ body }: Answer): Link {
  const attributes = attributesOf(body, 16)
  return {
    index: body.readInt32LE(4),
    name: attributes.get(IFLA.IFNAME)?.toString('utf8').replace(/\0$/, '') ?? '',
    group: attributes.get(IFLA.GROUP)?.readUInt32LE(0) ?? 0,
    master: attributes.get(IFLA.MASTER)?.readUInt32LE(0) ?? 0,
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
  }
}

/** The IPv4 destinations that the namespace has routes to, the default route left out. */
export function listRoutes(fd: number): Address[] {
  const head = Buffer.alloc(12)
  head[0] = AF_INET
  return dump(fd, { type: RTM.GETROUTE, what: 'list routes', body: head }).flatMap(({ body }) => {
    const ip = attributesOf(body, 12).get(RTA.DST)
    return ip && body[0] === AF_INET ? [{ ip, prefix: body[1] ?? 32 }] : []
  })
}

function ifinfo(index: number, flags: number, change: number = flags): Buffer {
  const head = Buffer.alloc(16)
  head.writeInt32LE(index, 4)
  head.writeUInt32LE(flags, 8)
  head.writeUInt32LE(change, 12)
  return head
}

function broadcast(ip: Uint8Array, prefix: number): Buffer {
  const host = prefix === 0 ? 0xffffffff : 2 ** (32 - prefix) - 1
  const out = Buffer.from(ip)
  out.writeUInt32BE((out.readUInt32BE(0) | host) >>> 0, 0)
  return out
}
