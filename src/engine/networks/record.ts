// What the engine keeps of a network. A link, an address or a rule that we made can always be told from this.
import type { Collection } from '../store/database.ts'

export interface NetworkRecord {
  id: string
  name: string
  driver: 'bridge' | 'host' | 'null'
  created: string
  labels: Record<string, string>
  options: Record<string, string>
  internal: boolean
  attachable: boolean
  enableIPv4: boolean
  enableIPv6: boolean
  ipam: {
    driver: string
    options: Record<string, string>
    config: PoolRecord[]
    /** By the engine, which may choose again while no container has an address. */
    chosen?: boolean
  }
  /** The bridge's link name; empty for host and none. */
  bridge: string
  /** Made by the engine itself (bridge, host, none): never removed. */
  predefined: boolean
  /** Address to endpoint id. */
  leases: Record<string, string>
  lastLease: string | undefined
}

export interface PoolRecord {
  Subnet: string
  Gateway: string
  IPRange?: string
  AuxiliaryAddresses?: Record<string, string>
}

/** A container's place in a network, as the container's record holds it. */
export interface EndpointRecord {
  networkId: string
  networkName: string
  /** As asked for; kept over restarts. */
  aliases: string[]
  requestedAddress?: string | undefined
  requestedMac?: string | undefined
  driverOpts: Record<string, string>
  links: string[]
  gatewayPriority: number
  interfaceName?: string | undefined
  /** As given, while the container runs. */
  active?: ActiveEndpoint | undefined
}

export interface ActiveEndpoint {
  id: string
  /** The host's end. */
  link: string
  interfaceName: string
  address: string
  prefix: number
  mac: string
  gateway: string
}

export type NetworkStore = Collection<NetworkRecord>
