// A container's network namespace with everything in it: links and addresses, its name server, published ports.
// Built before the container starts and taken down after its end, also when either was interrupted.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PortMap } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { linksOf } from '../../dns/links.ts'
import { type DnsServer, startDnsServer } from '../../dns/server.ts'
import { buildZone, type Registration, type Zone } from '../../dns/zone.ts'
import { createNetns, removeNetns } from '../../kernel/namespaces.ts'
import { arrangeNamespace, defaultRoute, type Endpoints } from '../../networks/endpoints.ts'
import type { PortRequest, Reservation } from '../../networks/port-sockets.ts'
import type { Ports } from '../../networks/ports.ts'
import { type EndpointRecord, addressOf as leasedAddress } from '../../networks/record.ts'
import { readResolvConf } from '../files/host-files.ts'
import { type ContainerRecord, isRunning, type PublishedRecord } from '../record.ts'

export interface Sandboxes {
  /** The namespace's path; false for the host's. `save` is called as soon as the record says what is about to be. */
  build(record: ContainerRecord, save: () => void): string | false
  /** Takes over what an earlier engine built for a container that still runs. */
  adopt(record: ContainerRecord): void
  /** After a container's end. Its namespace stays while running containers share it, so that they keep their network. */
  destroy(record: ContainerRecord, save: () => void): void
  /** Whoever shares it. */
  remove(record: ContainerRecord, save: () => void): void
  netnsPath(record: ContainerRecord): string | false
  /** All names that the container has in a network, as other containers can ask for them. */
  dnsNames(record: ContainerRecord, networkId: string): string[]
  /** Whether the container's network is there: it runs, or others share it still. */
  isUp(record: ContainerRecord): boolean
  /** Puts a container whose network is up onto one more network, or takes it off one. */
  attach(record: ContainerRecord, endpoint: EndpointRecord, save: () => void): void
  detach(record: ContainerRecord, endpoint: EndpointRecord, save: () => void): void
  /** Registers names anew after the endpoints of a running container changed. */
  refresh(record: ContainerRecord): void
  portRequests(record: ContainerRecord): (PortRequest & { key: string })[]
}

export interface SandboxesOptions {
  folder: string
  endpoints: Endpoints
  ports: Ports
  containerNamed: (name: string) => ContainerRecord
  containers: () => readonly ContainerRecord[]
  /** Writes down what was taken from another container than the one that was asked about. */
  saveOwner: (record: ContainerRecord) => void
}

export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { folder, endpoints, ports, containerNamed, containers, saveOwner } = options
  const servers = new Map<string, DnsServer>()
  const reservations = new Map<string, Reservation[]>()
  const registrations = new Map<string, Registration[]>()
  let zone: Zone = buildZone([])

  const ownPath = (record: ContainerRecord) => join(folder, record.id)
  const isOwn = ({ hostConfig: { NetworkMode = '' } }: ContainerRecord) =>
    NetworkMode !== 'host' && !NetworkMode.startsWith('container:')

  /** Between build() and destroy(): a container that is being started doesn't run yet, and must not lose its own, or another's. */
  const inUse = new Set<string>()
  const leaderId = ({ hostConfig: { NetworkMode = '' } }: ContainerRecord) => /^container:(.+)$/.exec(NetworkMode)?.[1]
  const ownerOf = (record: ContainerRecord) => {
    const id = leaderId(record)
    return id === undefined ? undefined : containers().find(other => other.id === id)
  }
  const isShared = (record: ContainerRecord) =>
    containers().some(other => leaderId(other) === record.id && inUse.has(other.id))
  /** Kept from an earlier run: everything that build() makes is there. */
  const isWhole = (record: ContainerRecord) =>
    servers.has(record.id) && existsSync(ownPath(record)) && record.endpoints.every(({ active }) => active)

  const sandboxes: Sandboxes = {
    netnsPath(record) {
      const { NetworkMode = '' } = record.hostConfig
      if (NetworkMode === 'host') return false
      if (!NetworkMode.startsWith('container:')) return ownPath(record)
      const other = containerNamed(NetworkMode.slice('container:'.length))
      // Kept for others, it is there while its own container isn't.
      if (isOwn(other) && existsSync(ownPath(other))) return ownPath(other)
      if (other.state.pid === 0) {
        throw new ComposeError('conflict', `cannot join network namespace of a non running container: ${other.id}`)
      }
      return `/proc/${other.state.pid}/ns/net`
    },

    build(record, save) {
      inUse.add(record.id)
      if (!isOwn(record)) return sandboxes.netnsPath(record)
      const path = ownPath(record)
      if (isWhole(record)) return path
      sandboxes.remove(record, save)
      endpoints.lease(record.endpoints)
      save()
      const held = reserve(record)
      save()
      createNetns(path, arrangeNamespace)
      if (record.endpoints.length === 0) return path
      endpoints.connect(path, record.endpoints)
      serveNames(record)
      save()
      const address = addressOf(record)
      if (address !== undefined && held.length > 0) ports.open(held, address)
      return path
    },

    adopt(record) {
      if (isRunning(record)) inUse.add(record.id)
      if (!isOwn(record) || record.endpoints.length === 0) return
      const held = sandboxes.portRequests(record).flatMap(request => adoptPort(record, request))
      reservations.set(record.id, held)
      const address = addressOf(record)
      if (address !== undefined) for (const reservation of held) reservation.target = { address }
      serveNames(record)
    },

    destroy(record, save) {
      inUse.delete(record.id)
      if (!isShared(record)) sandboxes.remove(record, save)
      // The last of those who shared another's.
      const owner = ownerOf(record)
      if (owner && !inUse.has(owner.id) && !isShared(owner)) sandboxes.remove(owner, () => saveOwner(owner))
    },

    remove(record, save) {
      if (!isOwn(record)) return
      servers.get(record.id)?.close()
      servers.delete(record.id)
      if (registrations.delete(record.id)) zone = buildZone([...registrations.values()].flat())
      ports.release(reservations.get(record.id) ?? [])
      reservations.delete(record.id)
      endpoints.release(record.endpoints)
      removeNetns(ownPath(record))
      record.published = []
      record.dns = undefined
      save()
    },

    dnsNames(record, networkId) {
      const endpoint = record.endpoints.find(other => other.networkId === networkId)
      const names = [record.name, ...(endpoint?.aliases ?? []), record.id.slice(0, 12), record.config.Hostname ?? '']
      return [...new Set(names.filter(Boolean))]
    },

    isUp: record => isRunning(record) || record.endpoints.some(({ active }) => active),

    attach(record, endpoint, save) {
      const all = [...record.endpoints, endpoint]
      endpoints.lease([endpoint], all)
      record.endpoints = all
      save()
      try {
        endpoints.connect(ownPath(record), [endpoint], record.endpoints)
      } catch (error) {
        endpoints.release([endpoint])
        record.endpoints = all.filter(other => other !== endpoint)
        throw error
      }
      // The server of a container that had no network is started with its first one.
      if (servers.has(record.id)) register(record)
      else serveNames(record)
      redirectPorts(record)
    },

    detach(record, endpoint, save) {
      record.endpoints = record.endpoints.filter(other => other !== endpoint)
      endpoints.release([endpoint])
      endpoints.route(ownPath(record), record.endpoints)
      redirectPorts(record)
      register(record)
      save()
    },

    refresh: register,

    portRequests({ hostConfig, config }) {
      const { PortBindings = {}, PublishAllPorts } = hostConfig
      const all: PortMap = PublishAllPorts
        ? { ...Object.fromEntries(Object.keys(config.ExposedPorts ?? {}).map(key => [key, [{}]])), ...PortBindings }
        : PortBindings
      return Object.entries(all).flatMap(([key, bindings]) =>
        (bindings ?? []).map(binding => {
          const [port = '', protocol = 'tcp'] = key.split('/')
          if (protocol !== 'tcp' && protocol !== 'udp') {
            throw new ComposeError(
              'not_implemented',
              `port ${key}: protocol ${protocol} is not available on this engine`,
            )
          }
          const [first, last = first] = (binding?.HostPort || '0').split('-').map(Number)
          // An address of '' is every one, as is 0.0.0.0 without [::].
          return {
            key,
            protocol,
            hostAddress: binding?.HostIp ?? '',
            first: first ?? 0,
            last: last ?? 0,
            port: Number(port),
          }
        }),
      )
    },
  }
  return sandboxes

  function redirectPorts(record: ContainerRecord): void {
    ports.redirect(reservations.get(record.id) ?? [], addressOf(record))
  }

  function reserve(record: ContainerRecord): Reservation[] {
    const held: Reservation[] = []
    try {
      for (const request of sandboxes.portRequests(record)) {
        const reservation = ports.reserve(request, record.name)
        held.push(reservation)
        record.published.push(...publishedAs(request.key, reservation))
      }
    } catch (error) {
      ports.release(held)
      record.published = []
      endpoints.release(record.endpoints)
      throw error
    }
    reservations.set(record.id, held)
    return held
  }

  /** The port is the one that was given before, even where the kernel had chosen it. */
  function adoptPort(record: ContainerRecord, request: PortRequest & { key: string }): Reservation[] {
    const given = record.published
      .filter(({ key }) => key === request.key)
      .find(({ hostPort }) => request.first === 0 || (hostPort >= request.first && hostPort <= request.last))
    return given ? [ports.adopt(request, given.hostPort, record.name)] : []
  }

  function serveNames(record: ContainerRecord): void {
    register(record)
    const server = startDnsServer({
      netns: ownPath(record),
      networkIds: () => record.endpoints.map(({ networkId }) => networkId),
      zone: () => zone,
      links: () => linksOf(record.endpoints),
      upstreams: () => (record.hostConfig.Dns?.length ? record.hostConfig.Dns : readResolvConf().nameservers),
      ports: record.dns,
    })
    servers.set(record.id, server)
    record.dns = server.ports
  }

  function register(record: ContainerRecord): void {
    const own = record.endpoints.flatMap(({ networkId, networkName, active }): Registration[] =>
      active
        ? [
            {
              id: record.id,
              networkId,
              networkName,
              addresses: active.addresses.map(({ address }) => address),
              name: record.name,
              names: sandboxes.dnsNames(record, networkId),
            },
          ]
        : [],
    )
    registrations.set(record.id, own)
    zone = buildZone([...registrations.values()].flat())
  }
}

/** Where published ports lead. */
const addressOf = ({ endpoints }: ContainerRecord): string | undefined =>
  leasedAddress(defaultRoute(endpoints)?.active ?? endpoints[0]?.active, 4)?.address

function publishedAs(key: string, { request, hostPort }: Reservation): PublishedRecord[] {
  const addresses = request.hostAddress === '' ? ['0.0.0.0', '::'] : [request.hostAddress]
  return addresses.map(hostIp => ({ key, hostIp, hostPort }))
}
