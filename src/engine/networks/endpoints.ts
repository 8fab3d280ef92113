// Puts a container's network namespace onto its networks and takes it off again. Everything is synchronous: an
// endpoint is either whole or not there.
import { randomBytes } from 'node:crypto'
import { ComposeError } from '../../shared/errors.ts'
import { close, O, open } from '../kernel/libc.ts'
import {
  addAddress,
  addDefaultRoute,
  createVeth,
  deleteGroup,
  deleteLink,
  findLink,
  linkUp,
  listLinks,
  setGroup,
} from '../kernel/links.ts'
import { inNetns } from '../kernel/namespaces.ts'
import { type Message, openNetlink, transact } from '../kernel/netlink.ts'
import { setNetSysctl } from '../kernel/sysctls.ts'
import {
  type Address,
  contains,
  type Family,
  formatAddress,
  formatMac,
  macOf,
  parseAddress,
  parseMac,
  parseSubnet,
} from './addresses.ts'
import type { LinkNames } from './link-names.ts'
import type { Networks } from './networks.ts'
import { freeAddress } from './pools.ts'
import type { ActiveEndpoint, EndpointRecord, LeasedAddress, NetworkRecord } from './record.ts'

export interface Endpoints {
  /** Leases addresses for all endpoints of a container; nothing is leased when one can't be. */
  lease(endpoints: readonly EndpointRecord[], all?: readonly EndpointRecord[]): void
  /** Creates the links of leased endpoints in the namespace at `netns`. */
  connect(netns: string, endpoints: readonly EndpointRecord[], all?: readonly EndpointRecord[]): void
  /** Has the traffic to elsewhere go by the network that is to carry it, after another one was taken away. */
  route(netns: string, all: readonly EndpointRecord[]): void
  /** Gives links and addresses back. Links go together with those of other containers that end now. */
  release(endpoints: readonly EndpointRecord[]): void
  /** Resolves when no link that was released is left. */
  settled(): Promise<void>
}

export function createEndpoints(networks: Networks, names: LinkNames): Endpoints {
  let sweeping: Promise<void> | undefined

  const networkOf = (endpoint: EndpointRecord): NetworkRecord => {
    if (endpoint.networkId === '') endpoint.networkId = networks.get(endpoint.networkName).id
    return networks.get(endpoint.networkId)
  }

  return {
    lease(endpoints, all = endpoints) {
      const done: EndpointRecord[] = []
      try {
        for (const endpoint of endpoints) {
          leaseOne(networkOf(endpoint), endpoint, all)
          done.push(endpoint)
        }
      } catch (error) {
        this.release(done)
        throw error
      }
    },

    connect(netns, endpoints, all = endpoints) {
      const active = endpoints.flatMap(endpoint => (endpoint.active ? [{ ...endpoint, active: endpoint.active }] : []))
      const fd = open(netns, O.RDONLY)
      try {
        using socket = openNetlink()
        for (const { networkId, active: own } of active) {
          const network = networks.get(networkId)
          const mtu = Number(network.options['com.docker.network.driver.mtu'] ?? 0) || undefined
          const peer = { name: own.interfaceName, netns: fd, mac: parseMac(own.mac) }
          transact(socket.fd, [
            createVeth({ name: own.link, group: names.group, master: networks.ensureBridge(network), mtu, peer }),
          ])
        }
      } finally {
        close(fd)
      }
      const way = defaultRoute(all)?.active
      inNetns(netns, () => {
        using socket = openNetlink()
        const indexes = new Map(listLinks(socket.fd).map(({ name, index }) => [name, index]))
        const indexOf = (name: string) => indexes.get(name) ?? 0
        const messages: Message[] = []
        for (const { active: own } of active) {
          const index = indexOf(own.interfaceName)
          for (const { address, prefix } of own.addresses)
            messages.push(addAddress(index, { ip: parseAddress(address).bytes, prefix }))
          messages.push(linkUp(index))
        }
        if (way) messages.push(...routesBy(way, indexOf))
        transact(socket.fd, messages)
      })
    },

    route(netns, all) {
      const way = defaultRoute(all)?.active
      if (!way) return
      inNetns(netns, () => {
        using socket = openNetlink()
        transact(
          socket.fd,
          routesBy(way, name => findLink(socket.fd, name)?.index ?? 0),
        )
      })
    },

    release(endpoints) {
      using socket = openNetlink()
      for (const endpoint of endpoints) {
        const { active, networkId } = endpoint
        if (!active) continue
        const network = networks.find(networkId)
        const leased = active.addresses.filter(({ address }) => network?.leases[address] === active.id)
        if (network && leased.length > 0) {
          for (const { address } of leased) delete network.leases[address]
          networks.keep(network)
        }
        transact(socket.fd, [setGroup(active.link, names.doomedGroup)])
        endpoint.active = undefined
      }
      sweeping ??= new Promise(resolve =>
        setImmediate(() => {
          sweeping = undefined
          try {
            using own = openNetlink()
            transact(own.fd, [deleteGroup(names.doomedGroup)])
          } catch {
            // Without a descriptor: they stay in their group, and go with the next ones.
          }
          resolve()
        }),
      )
    },

    settled: () => sweeping ?? Promise.resolve(),
  }

  function leaseOne(network: NetworkRecord, endpoint: EndpointRecord, all: readonly EndpointRecord[]): void {
    // The default bridge has no addresses before its first use.
    networks.ensureBridge(network)
    const addresses = chooseAddresses(network, endpoint)
    const [first] = addresses
    const id = randomBytes(32).toString('hex')
    endpoint.active = {
      id,
      link: names.veth(id),
      interfaceName: endpoint.interfaceName ?? freeInterfaceName(all),
      addresses,
      mac: endpoint.requestedMac ?? formatMac(macOf(parseAddress(first?.address ?? '0.0.0.0'))),
    }
    for (const { address } of addresses) {
      network.leases[address] = id
      network.lastLeases[parseAddress(address).family] = address
    }
    networks.save(network)
  }
}

/**
 * A new namespace as Docker Engine has it: loopback up, low ports and ping for everyone. Links that come later are
 * born without IPv6, which is quicker than taking it away from each.
 */
export function arrangeNamespace(): void {
  setNetSysctl('ipv6/conf/default/disable_ipv6', '1')
  setNetSysctl('ipv4/ip_unprivileged_port_start', '0')
  setNetSysctl('ipv4/ping_group_range', '0 2147483647')
  using socket = openNetlink()
  transact(socket.fd, [linkUp(loopback)])
}

const loopback = 1

const routesBy = ({ interfaceName, addresses }: ActiveEndpoint, indexOf: (name: string) => number): Message[] =>
  addresses.flatMap(({ gateway }) =>
    gateway ? [addDefaultRoute(indexOf(interfaceName), parseAddress(gateway).bytes)] : [],
  )

/** Removes links of this engine that no container has. */
export function sweepLinks(names: LinkNames, wanted: ReadonlySet<string>): void {
  using socket = openNetlink()
  const strays = listLinks(socket.fd).filter(({ name }) => name.startsWith(`${names.prefix}v`) && !wanted.has(name))
  if (strays.length > 0)
    transact(
      socket.fd,
      strays.map(({ name }) => deleteLink(name)),
    )
}

/** One of each family that the network has subnets of: what was asked for, or the next free one. */
function chooseAddresses(network: NetworkRecord, { requestedAddresses }: EndpointRecord): LeasedAddress[] {
  const taken = new Set(Object.keys(network.leases))
  const pools = network.ipam.config.map(({ subnet, ipRange, gateway, auxiliaryAddresses = {} }) => ({
    gateway: network.internal ? '' : gateway,
    subnet: parseSubnet(subnet),
    range: ipRange ? parseSubnet(ipRange) : undefined,
    reserved: new Set([gateway, ...Object.values(auxiliaryAddresses)].map(text => formatAddress(parseAddress(text)))),
  }))
  const leased = (address: Address): LeasedAddress => {
    const pool = pools.find(({ subnet }) => contains(subnet, address))
    return { address: formatAddress(address), prefix: pool?.subnet.prefix ?? 0, gateway: pool?.gateway ?? '' }
  }
  const requested = requestedAddresses.map(text => {
    const address = parseAddress(text)
    if (!pools.some(({ subnet }) => contains(subnet, address))) {
      throw new ComposeError(
        'invalid_argument',
        `invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${text}`,
      )
    }
    const canonical = formatAddress(address)
    if (taken.has(canonical) || pools.some(({ reserved }) => reserved.has(canonical))) {
      throw new ComposeError(
        'conflict',
        `failed to set up container networking: Address already in use: ${text} in network ${network.name}`,
      )
    }
    return address
  })
  return families
    .filter(family => pools.some(({ subnet }) => subnet.first.family === family))
    .map(family => {
      const own = requested.find(address => address.family === family)
      if (own) return leased(own)
      const text = network.lastLeases[family]
      const last = text === undefined ? undefined : parseAddress(text)
      for (const pool of pools.filter(({ subnet }) => subnet.first.family === family)) {
        const address = freeAddress(pool, taken, last)
        if (address !== undefined) return leased(address)
      }
      throw new ComposeError(
        'failed_precondition',
        `network ${network.name}: no available IPv${family} addresses on this network's address pools`,
      )
    })
}

const families: readonly Family[] = [4, 6]

function freeInterfaceName(all: readonly EndpointRecord[]): string {
  const taken = new Set(all.map(({ interfaceName, active }) => interfaceName ?? active?.interfaceName))
  for (let number = 0; ; number++) if (!taken.has(`eth${number}`)) return `eth${number}`
}

/** The endpoint of the default route: the highest priority, then the network's name decides. */
export function defaultRoute(endpoints: readonly EndpointRecord[]): EndpointRecord | undefined {
  return endpoints
    .filter(({ active }) => active?.addresses.some(({ gateway }) => gateway))
    .toSorted((a, b) => b.gatewayPriority - a.gatewayPriority || (a.networkName < b.networkName ? -1 : 1))[0]
}
