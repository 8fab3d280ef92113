// The names of containers: each that is on a network has a name server in its own namespace, and all answer from one zone.
import { linksOf } from '../../dns/links.ts'
import { type DnsServer, startDnsServer } from '../../dns/server.ts'
import { buildZone, type Registration, type Zone } from '../../dns/zone.ts'
import { readResolvConf } from '../files/host-files.ts'
import type { ContainerRecord } from '../record.ts'

export interface Names {
  /** Whether the container has its name server. */
  isServed(record: ContainerRecord): boolean
  /** Registers its names, and starts its name server in the namespace at this path where it has none yet. */
  serve(record: ContainerRecord, netns: string): void
  /** Registers its names anew, after its name or its endpoints have changed. */
  register(record: ContainerRecord): void
  remove(record: ContainerRecord): void
}

export function createNames(): Names {
  const servers = new Map<string, DnsServer>()
  const registrations = new Map<string, Registration[]>()
  let zone: Zone = buildZone([])
  const rebuild = () => {
    zone = buildZone([...registrations.values()].flat())
  }

  function register(record: ContainerRecord): void {
    registrations.set(record.id, registrationsOf(record))
    rebuild()
  }

  return {
    isServed: ({ id }) => servers.has(id),
    register,
    serve(record, netns) {
      register(record)
      if (servers.has(record.id)) return
      const server = startDnsServer({
        netns,
        networkIds: () => record.endpoints.map(({ networkId }) => networkId),
        zone: () => zone,
        links: () => linksOf(record.endpoints),
        upstreams: () => (record.host.dns?.length ? record.host.dns : readResolvConf().nameservers),
        ports: record.dns,
      })
      servers.set(record.id, server)
      record.dns = server.ports
    },
    remove(record) {
      servers.get(record.id)?.close()
      servers.delete(record.id)
      if (registrations.delete(record.id)) rebuild()
      record.dns = undefined
    },
  }
}

/** All names that a container has in a network, as other containers can ask for them. */
export function dnsNames({ id, name, config, endpoints }: ContainerRecord, networkId: string): string[] {
  const endpoint = endpoints.find(other => other.networkId === networkId)
  return [...new Set([name, ...(endpoint?.aliases ?? []), id.slice(0, 12), config.hostname ?? ''].filter(Boolean))]
}

function registrationsOf(record: ContainerRecord): Registration[] {
  const { id, name } = record
  return record.endpoints.flatMap(({ networkId, networkName, active }) => {
    if (!active) return []
    const addresses = active.addresses.map(({ address }) => address)
    return { id, networkId, networkName, addresses, name, names: dnsNames(record, networkId) }
  })
}
