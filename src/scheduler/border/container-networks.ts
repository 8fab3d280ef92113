// A service's ends of its networks, and the ports it publishes.

import type { EndpointSettings, PortMap } from '../../docker/protocol/types.ts'
import type { NetworkAttachment, Port } from '../../model/attributes/shapes/network.ts'
import type { Project } from '../../model/project/project.ts'
import { replicasOf, type Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { containerName, firstContainerOf } from '../observe/names.ts'

/** Keys of the service's networks, the one that comes first in the container first. */
function networkKeys(service: Service): string[] {
  const priority = (key: string) => service.networks[key]?.priority ?? 0
  return Object.keys(service.networks).sort((a, b) => priority(b) - priority(a) || (a < b ? -1 : 1))
}

export function networkMode(project: Project, service: Service): string {
  const mode = service.networkMode
  if (mode?.startsWith('service:')) return `container:${firstContainerOf(project, mode.slice('service:'.length))}`
  if (mode) return mode
  const [first] = networkKeys(service)
  return first === undefined ? 'none' : nameOfNetwork(project, service, first)
}

function nameOfNetwork(project: Project, service: Service, key: string): string {
  const network = project.networks[key]
  if (!network) {
    throw new ComposeError(
      'invalid_argument',
      `service "${service.name}" refers to undefined network ${key}: invalid compose project`,
    )
  }
  return network.name
}

export function attachedNetworks(
  project: Project,
  service: Service,
  name: string,
): Record<string, EndpointSettings> | undefined {
  if (service.networkMode) return undefined
  return Object.fromEntries(
    networkKeys(service).map(key => [
      nameOfNetwork(project, service, key),
      endpointSettings(project, service, name, key),
    ]),
  )
}

export function endpointSettings(project: Project, service: Service, name: string, key: string): EndpointSettings {
  const attachment = service.networks[key]
  return {
    Aliases: [name, service.name, ...(attachment?.aliases ?? [])],
    Links: links(project, service),
    MacAddress: attachment?.macAddress,
    DriverOpts: driverOptions(attachment),
    GwPriority: attachment?.gwPriority,
    IPAMConfig: attachment
      ? {
          IPv4Address: attachment.ipv4Address,
          IPv6Address: attachment.ipv6Address,
          LinkLocalIPs: attachment.linkLocalIps.length > 0 ? attachment.linkLocalIps : undefined,
        }
      : undefined,
  }
}

/** The name of the interface in the container is an option of the endpoint. */
function driverOptions(attachment: NetworkAttachment | null | undefined): Record<string, string> | undefined {
  const { interfaceName, driverOpts = {} } = attachment ?? {}
  const named = interfaceName ? { 'com.docker.network.endpoint.ifname': interfaceName } : {}
  const all = { ...driverOpts, ...named }
  return Object.keys(all).length > 0 ? all : undefined
}

/** Each linked container under its alias, its short and its full name; external links as they are. */
function links(project: Project, service: Service): string[] | undefined {
  const own = service.links.flatMap(link => {
    const [serviceName = '', alias = serviceName] = link.split(':')
    const linked = project.services[serviceName]
    if (!linked)
      throw new ComposeError('invalid_argument', `service "${service.name}" links to undefined service ${serviceName}`)
    return Array.from({ length: replicasOf(linked) }, (_, index) => {
      const name = containerName(project, linked, index + 1)
      return [`${name}:${alias}`, `${name}:${serviceName}-${index + 1}`, `${name}:${name}`]
    }).flat()
  })
  const all = [...own, ...service.externalLinks.map(link => (link.includes(':') ? link : `${link}:${link}`))]
  return all.length > 0 ? all : undefined
}

/** Container port to host ports; a port of the host's choice has an empty HostPort. */
export function portBindings(service: Service): PortMap {
  const bindings: PortMap = {}
  for (const port of service.ports) {
    const key = `${port.target}/${port.protocol ?? 'tcp'}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: port.hostIp ?? '', HostPort: published(port) }]
  }
  return bindings
}

function published({ published: host = '' }: Port): string {
  return host
}
