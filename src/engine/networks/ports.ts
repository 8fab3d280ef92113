// Published ports. nftables carries the traffic; a socket of the engine holds the port besides, since a DNAT rule
// reserves nothing, and relays what no rule can reach ([::1]). Rules outlive the engine, sockets are taken again.
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'
import { nft } from '../kernel/nftables.ts'
import { addPortText, deletePortText, isSamePort, type PublishedPort, tableText } from './firewall.ts'
import type { LinkNames } from './link-names.ts'
import { portHolder } from './port-holders.ts'
import { type PortRequest, type Reservation, takePort } from './port-sockets.ts'
import type { NetworkRecord } from './record.ts'

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
              `failed to bind host port ${shown}/${protocol}: ${messageOf(error)}`,
              { cause: error },
            )
          }
          if (hostPort < last) continue
          const other = takenBy({ ...request, first: hostPort, last: hostPort })
          if (other) {
            throw new ComposeError(
              'conflict',
              `failed to set up container networking: driver failed programming external connectivity on endpoint ${owner}: Bind for ${hostAddress || '0.0.0.0'}:${hostPort} failed: port is already allocated`,
              {
                hint: `container ${other.owner} publishes it`,
              },
            )
          }
          const process = portHolder(protocol, hostPort)
          throw new ComposeError(
            'conflict',
            `failed to set up container networking: driver failed programming external connectivity on endpoint ${owner}: failed to bind host port ${hostAddress || '0.0.0.0'}:${hostPort}/${protocol}: address already in use`,
            {
              hint: process ? `${process} listens there` : undefined,
            },
          )
        }
        held.add(reservation)
        return reservation
      }
      throw new ComposeError('invalid_argument', `no port between ${first} and ${last}`)
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
