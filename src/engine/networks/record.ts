// What the engine keeps of a network. A link, an address or a rule that we made can always be told from this.
import type { Family } from './addresses.ts'

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
  /** The address that was given last, by family. */
  lastLeases: Partial<Record<Family, string>>
}

export interface PoolRecord {
  subnet: string
  gateway: string
  ipRange?: string
  auxiliaryAddresses?: Record<string, string>
}

/** A container's place in a network, as the container's record holds it. */
export interface EndpointRecord {
  /** Empty: a network of the name is looked for when it starts. */
  networkId: string
  networkName: string
  /** As asked for; kept over restarts. */
  aliases: string[]
  /** At most one of each family. */
  requestedAddresses: string[]
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
  /** One of each family that the network has. */
  addresses: LeasedAddress[]
  mac: string
}

export interface LeasedAddress {
  address: string
  prefix: number
  /** Empty where there is no way out. */
  gateway: string
}

/** The endpoint's address of that family, as the Engine API shows each apart. */
export const addressOf = (active: ActiveEndpoint | undefined, family: Family): LeasedAddress | undefined =>
  active?.addresses.find(({ address }) => (family === 6) === address.includes(':'))
