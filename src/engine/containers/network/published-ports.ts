// The host ports of a container: asked for in its request, held while its network is there, noted in its record.
import type { Own } from '../../../docker/protocol/own-names.ts'
import type { PortMap } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { defaultRoute } from '../../networks/endpoints.ts'
import type { PortRequest, Reservation } from '../../networks/port-sockets.ts'
import type { Ports } from '../../networks/ports.ts'
import { addressOf as leasedAddress } from '../../networks/record.ts'
import type { ContainerRecord, PublishedRecord } from '../record.ts'

export interface PublishedPorts {
  /** Takes them all or none, and notes them in the record. Nothing is let in yet. */
  reserve(record: ContainerRecord): void
  /** Lets in what was reserved, once the container has an address. */
  open(record: ContainerRecord): void
  /** Holds what an earlier engine gave a container that still runs. */
  adopt(record: ContainerRecord): void
  /** After the container's networks have changed. */
  redirect(record: ContainerRecord): void
  release(record: ContainerRecord): void
}

export type KeyedPortRequest = PortRequest & { key: string }

export function createPublishedPorts(ports: Ports): PublishedPorts {
  /** By container id. */
  const reservations = new Map<string, Reservation[]>()
  const heldBy = ({ id }: ContainerRecord) => reservations.get(id) ?? []
  return {
    reserve(record) {
      const held: Reservation[] = []
      try {
        for (const request of portRequests(record)) {
          const reservation = ports.reserve(request, record.name)
          held.push(reservation)
          record.published.push(...publishedAs(request.key, reservation))
        }
      } catch (error) {
        ports.release(held)
        record.published = []
        throw error
      }
      reservations.set(record.id, held)
    },

    open(record) {
      const [held, address] = [heldBy(record), addressOf(record)]
      if (address !== undefined && held.length > 0) ports.open(held, address)
    },

    adopt(record) {
      const held = portRequests(record).flatMap(request => adoptPort(record, request))
      reservations.set(record.id, held)
      const address = addressOf(record)
      if (address !== undefined) for (const reservation of held) reservation.target = { address }
    },

    redirect: record => ports.redirect(heldBy(record), addressOf(record)),

    release(record) {
      ports.release(heldBy(record))
      reservations.delete(record.id)
      record.published = []
    },
  }

  /** The port is the one that was given before, even where the kernel had chosen it. */
  function adoptPort(record: ContainerRecord, request: KeyedPortRequest): Reservation[] {
    const given = record.published
      .filter(({ key }) => key === request.key)
      .find(({ hostPort }) => request.first === 0 || (hostPort >= request.first && hostPort <= request.last))
    return given ? [ports.adopt(request, given.hostPort, record.name)] : []
  }
}

/** Throws not_implemented for a protocol that can't be published. */
function portRequests({ host, config }: ContainerRecord): KeyedPortRequest[] {
  const { portBindings = {}, publishAllPorts } = host
  const all: Own<PortMap> = publishAllPorts
    ? { ...Object.fromEntries(Object.keys(config.exposedPorts ?? {}).map(key => [key, [{}]])), ...portBindings }
    : portBindings
  return Object.entries(all).flatMap(([key, bindings]) =>
    (bindings ?? []).map(binding => {
      const [port = '', protocol = 'tcp'] = key.split('/')
      if (protocol !== 'tcp' && protocol !== 'udp') {
        throw new ComposeError('not_implemented', `port ${key}: protocol ${protocol} is not available on this engine`)
      }
      const [first, last = first] = (binding?.hostPort || '0').split('-').map(Number)
      // An address of '' is every one, as is 0.0.0.0 without [::].
      return {
        key,
        protocol,
        hostAddress: binding?.hostIp ?? '',
        first: first ?? 0,
        last: last ?? 0,
        port: Number(port),
      }
    }),
  )
}

/** Where published ports lead. */
const addressOf = ({ endpoints }: ContainerRecord): string | undefined =>
  leasedAddress(defaultRoute(endpoints)?.active ?? endpoints[0]?.active, 4)?.address

function publishedAs(key: string, { request, hostPort }: Reservation): PublishedRecord[] {
  const addresses = request.hostAddress === '' ? ['0.0.0.0', '::'] : [request.hostAddress]
  return addresses.map(hostIp => ({ key, hostIp, hostPort }))
}
