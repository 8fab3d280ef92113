// Published ports. nftables carries the traffic; a socket of the engine holds the port besides, since a DNAT rule
// reserves nothing, and relays what no rule can reach ([::1]). Rules outlive the engine, sockets are taken again.
import { createSocket, type Socket } from 'node:dgram'
import { connect, createServer, type Server } from 'node:net'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { AF, bind, close, getsockname, listen, SOCK, setsockopt, socket } from '../kernel/libc.ts'
import { nft } from '../kernel/nftables.ts'
import { addressBytes, parseAddress } from './addresses.ts'
import { addPortText, deletePortText, isSamePort, type PublishedPort, tableText } from './firewall.ts'
import type { LinkNames } from './link-names.ts'
import { portHolder } from './port-holders.ts'
import type { NetworkRecord } from './record.ts'

export interface PortRequest {
  protocol: 'tcp' | 'udp'
  /** '' is every address, IPv4 and IPv6. */
  hostAddress: string
  /** First and last acceptable port of the host; 0 leaves the choice to the kernel. */
  first: number
  last: number
  port: number
}

export interface Ports {
  /** Holds the port; throws when somebody else does. */
  reserve(request: PortRequest, owner: string): Reservation
  /** Of a container that runs. Where somebody else took the port meanwhile, traffic goes on by its rule. */
  adopt(request: PortRequest, hostPort: number, owner: string): Reservation
  /** Sends the traffic of reserved ports to `address`, as one transaction. */
  open(reservations: readonly Reservation[], address: string): void
  /** Sends it elsewhere, or nowhere: the container's networks have changed. */
  redirect(reservations: readonly Reservation[], address: string | undefined): void
  release(reservations: readonly Reservation[]): void
  /** Writes all rules anew for these networks and everything that is open. */
  rewrite(networks: readonly NetworkRecord[]): void
  /** Who has the port, if it can't be had: the container's or the process's name. */
  holder(request: PortRequest): string | undefined
  /** Resolves when the rules of released ports are gone. */
  settled(): Promise<void>
  removeTable(): void
}

export interface Reservation {
  request: PortRequest
  hostPort: number
  owner: string
  target: { address: string } | undefined
  sockets: (Server | Socket)[]
}

export function createPorts(names: LinkNames): Ports {
  const held = new Set<Reservation>()
  let doomed: PublishedPort[] = []
  let sweeping: Promise<void> | undefined

  const takenBy = ({ protocol, hostAddress, first, last }: PortRequest) =>
    [...held].find(
      other =>
        other.request.protocol === protocol &&
        other.hostPort >= first &&
        other.hostPort <= last &&
        (isAny(hostAddress) || isAny(other.request.hostAddress) || hostAddress === other.request.hostAddress),
    )

  return {
    reserve(request, owner) {
      const { protocol, hostAddress, first, last } = request
      const shown = `${hostAddress || '0.0.0.0'}:${first}`
      for (let hostPort = first; hostPort <= last; hostPort++) {
        const reservation: Reservation = { request, hostPort, owner, target: undefined, sockets: [] }
        try {
          takePort(reservation)
        } catch (error) {
          if (!isErrno(error, 'EADDRINUSE')) {
            throw new ComposeError(
              'invalid_argument',
              `failed to bind host port ${shown}/${protocol}: ${(error as Error).message}`,
              { cause: error },
            )
          }
          if (hostPort < last) continue
          const other = takenBy({ ...request, first: hostPort, last: hostPort })
          if (other) {
            throw new ComposeError(
              'internal',
              `failed to set up container networking: driver failed programming external connectivity on endpoint ${owner}: Bind for ${hostAddress || '0.0.0.0'}:${hostPort} failed: port is already allocated`,
              {
                hint: `container ${other.owner} publishes it`,
              },
            )
          }
          const process = portHolder(protocol, hostPort)
          throw new ComposeError(
            'internal',
            `failed to set up container networking: driver failed programming external connectivity on endpoint ${owner}: failed to bind host port ${hostAddress || '0.0.0.0'}:${hostPort}/${protocol}: address already in use`,
            {
              hint: process ? `${process} listens there` : undefined,
            },
          )
        }
        held.add(reservation)
        return reservation
      }
      throw new ComposeError('internal', `no port between ${first} and ${last}`)
    },

    adopt(request, hostPort, owner) {
      try {
        return this.reserve({ ...request, first: hostPort, last: hostPort }, owner)
      } catch {
        const reservation: Reservation = { request, hostPort, owner, target: undefined, sockets: [] }
        held.add(reservation)
        return reservation
      }
    },

    open(reservations, address) {
      for (const reservation of reservations) reservation.target = { address }
      const opened = reservations.flatMap(published)
      if (opened.length === 0) return
      const [waiting, others] = partition(doomed, port => opened.some(other => isSamePort(other, port)))
      // What is to go yet would else stand in the way, and then take the new rule with it.
      doomed = others
      forget(waiting)
      nft(opened.map(port => addPortText(names, port)).join('\n'))
    },

    redirect(reservations, address) {
      const moved = reservations.filter(({ target }) => target?.address !== address)
      forget(moved.flatMap(published))
      for (const reservation of moved) reservation.target = undefined
      if (address !== undefined) this.open(moved, address)
    },

    release(reservations) {
      for (const reservation of reservations) {
        held.delete(reservation)
        for (const held of reservation.sockets) held.close()
        doomed.push(...published(reservation))
        reservation.target = undefined
      }
      if (doomed.length === 0) return
      // A deletion waits for the kernel's grace period: one transaction for all that end now.
      sweeping ??= new Promise(resolve =>
        setImmediate(() => {
          sweeping = undefined
          forget(doomed)
          doomed = []
          resolve()
        }),
      )
    },

    rewrite(networks) {
      nft(tableText(names, networks, [...held].flatMap(published)))
    },

    holder(request) {
      const other = takenBy(request)
      if (other) return `container ${other.owner}`
      try {
        const probe: Reservation = { request, hostPort: request.first, owner: '', target: undefined, sockets: [] }
        takePort(probe)
        for (const taken of probe.sockets) taken.close()
        return undefined
      } catch {
        return portHolder(request.protocol, request.first) ?? 'another process'
      }
    },

    settled: () => sweeping ?? Promise.resolve(),

    removeTable() {
      nft(`table ip ${names.table} {}\ndelete table ip ${names.table}`)
    },
  }

  function forget(ports: readonly PublishedPort[]): void {
    if (ports.length === 0) return
    const rules = ports.map(port => deletePortText(names, port))
    try {
      nft(rules.join('\n'))
    } catch {
      // An element was gone already, because the table was written anew meanwhile.
      for (const rule of rules) tryRule(rule)
    }
  }
}

function partition<T>(all: readonly T[], matches: (one: T) => boolean): [T[], T[]] {
  return [all.filter(matches), all.filter(one => !matches(one))]
}

const isAny = (address: string) => address === '' || address === '0.0.0.0' || address === '::'

function tryRule(rule: string): void {
  try {
    nft(rule)
  } catch {
    // Gone already.
  }
}

/** What nftables is told of a reservation: IPv4 only, the rest is relayed. */
function published({ request, hostPort, target }: Reservation): PublishedPort[] {
  if (!target || request.hostAddress.includes(':')) return []
  const { protocol, hostAddress, port } = request
  return [{ protocol, hostAddress: hostAddress || '0.0.0.0', hostPort, address: target.address, port }]
}

/** Binds the port on every address it is published on, all or none. A choice of the kernel's is kept in hostPort. */
function takePort(reservation: Reservation): void {
  const { hostAddress } = reservation.request
  const addresses = hostAddress === '' ? ['0.0.0.0', '::'] : [hostAddress]
  try {
    for (const address of addresses) takeAddress(reservation, address)
  } catch (error) {
    for (const held of reservation.sockets) held.close()
    reservation.sockets = []
    throw error
  }
}

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26

function takeAddress(reservation: Reservation, address: string): void {
  const isV6 = address.includes(':')
  const isTcp = reservation.request.protocol === 'tcp'
  const fd = socket(isV6 ? AF.INET6 : AF.INET, isTcp ? SOCK.STREAM : SOCK.DGRAM, 0)
  try {
    if (isTcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1)
    if (isV6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)
    bind(fd, socketAddress(address, reservation.hostPort))
    if (reservation.hostPort === 0) reservation.hostPort = getsockname(fd).readUInt16BE(2)
    if (isTcp) listen(fd)
  } catch (error) {
    close(fd)
    // A host without IPv6 has no [::] to hold.
    if (isV6 && isErrno(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL')) return
    throw error
  }
  reservation.sockets.push(isTcp ? relayTcp(reservation, fd) : holdUdp(fd))
}

function relayTcp(reservation: Reservation, fd: number): Server {
  const server = createServer({ pauseOnConnect: true }, client => {
    const { target, request } = reservation
    if (!target) return client.destroy()
    const upstream = connect(request.port, target.address)
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    return client.resume()
  })
  server.on('error', () => server.close())
  server.listen({ fd })
  server.unref()
  return server
}

function holdUdp(fd: number): Socket {
  const held = createSocket('udp4')
  held.on('error', () => held.close())
  held.bind({ fd })
  held.unref()
  return held
}

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
