// The engine's nftables table as text. Networks are written anew as a whole whenever one comes or goes; published
// ports are elements of maps, so that one more port is one more element.
import type { LinkNames } from './link-names.ts'
import type { NetworkRecord } from './record.ts'

export interface PublishedPort {
  protocol: 'tcp' | 'udp'
  /** `0.0.0.0` is every address of the host. */
  hostAddress: string
  hostPort: number
  address: string
  port: number
}

/** Replaces all rules in one transaction, ports included. */
export function tableText(
  { table, prefix }: LinkNames,
  networks: readonly NetworkRecord[],
  ports: readonly PublishedPort[],
): string {
  const bridges = networks.filter(({ bridge }) => bridge !== '')
  return `
table ip ${table} {}
delete table ip ${table}
table ip ${table} {
  map here { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; ${elements(ports.filter(port => !isAnywhere(port)))} }
  map anywhere { type inet_proto . inet_service : ipv4_addr . inet_service; ${elements(ports.filter(isAnywhere))} }
  chain martians {
    type filter hook prerouting priority raw; policy accept;
    iifname "${prefix}*" ip daddr 127.0.0.0/8 drop
  }
  chain publish {
    dnat ip to ip daddr . meta l4proto . th dport map @here
    dnat ip to meta l4proto . th dport map @anywhere
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local jump publish
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump publish
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${prefix}*" ip saddr 127.0.0.0/8 masquerade
    ${lines(bridges, network => subnets(network).map(subnet => `oifname "${network.bridge}" ip saddr ${subnet} ct status dnat masquerade`))}
    ${lines(bridges.filter(masquerades), network => subnets(network).map(subnet => `oifname != "${network.bridge}" ip saddr ${subnet} masquerade`))}
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname != "${prefix}*" oifname != "${prefix}*" accept
    ct state established,related accept
    ${lines(bridges, ({ bridge }) => [`iifname "${bridge}" oifname "${bridge}" accept`])}
    ${lines(
      bridges.filter(({ internal }) => internal),
      ({ bridge }) => [`iifname "${bridge}" drop`, `oifname "${bridge}" drop`],
    )}
    oifname "${prefix}*" ct status dnat accept
    oifname "${prefix}*" drop
  }
}`
}

export const addPortText = ({ table }: LinkNames, port: PublishedPort): string => change('add', table, port)
export const deletePortText = ({ table }: LinkNames, port: PublishedPort): string => change('delete', table, port)

function change(verb: string, table: string, port: PublishedPort): string {
  const key = isAnywhere(port) ? anywhereKey(port) : hereKey(port)
  // A map element is deleted by its key alone.
  const value = verb === 'add' ? ` : ${port.address} . ${port.port}` : ''
  return `${verb} element ip ${table} ${isAnywhere(port) ? 'anywhere' : 'here'} { ${key}${value} }`
}

/** Of the host: there is one rule for both. */
export const isSamePort = (one: PublishedPort, other: PublishedPort): boolean =>
  one.hostAddress === other.hostAddress && anywhereKey(one) === anywhereKey(other)

const isAnywhere = ({ hostAddress }: PublishedPort) => hostAddress === '0.0.0.0'
const anywhereKey = ({ protocol, hostPort }: PublishedPort) => `${protocol} . ${hostPort}`
const hereKey = (port: PublishedPort) => `${port.hostAddress} . ${anywhereKey(port)}`

function elements(ports: readonly PublishedPort[]): string {
  if (ports.length === 0) return ''
  const list = ports.map(
    port => `${isAnywhere(port) ? anywhereKey(port) : hereKey(port)} : ${port.address} . ${port.port}`,
  )
  return `elements = { ${list.join(', ')} };`
}

const subnets = ({ ipam }: NetworkRecord) => ipam.config.map(({ subnet }) => subnet)
const masquerades = ({ internal, options }: NetworkRecord) =>
  !internal && options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false'

const lines = (networks: readonly NetworkRecord[], rules: (network: NetworkRecord) => string[]) =>
  networks.flatMap(rules).join('\n    ')
