// Border between the project's networks and volumes (camelCase) and the Engine API's (PascalCase).
import type { NetworkCreateRequest, VolumeCreateOptions } from '../../docker/protocol/types.ts'
import type { Network, Volume } from '../../model/project/project.ts'
import { packageVersion } from '../../shared/version.ts'
import { labels } from '../observe/labels.ts'

export function networkBody(projectName: string, key: string, network: Network): NetworkCreateRequest {
  const { ipam } = network
  return {
    Name: network.name,
    Driver: network.driver,
    Internal: network.internal,
    Attachable: network.attachable,
    EnableIPv4: network.enableIpv4,
    EnableIPv6: network.enableIpv6,
    Options: network.driverOpts,
    IPAM:
      ipam.driver || ipam.config.length > 0
        ? {
            Driver: ipam.driver,
            Config: ipam.config.map(pool => ({
              Subnet: pool.subnet,
              IPRange: pool.ipRange,
              Gateway: pool.gateway,
              AuxiliaryAddresses: pool.auxAddresses,
            })),
            Options: Object.keys(ipam.options).length > 0 ? ipam.options : undefined,
          }
        : undefined,
    Labels: {
      ...network.labels,
      [labels.project]: projectName,
      [labels.network]: key,
      [labels.configHash]: network.configHash,
      [labels.version]: packageVersion(),
    },
  }
}

export function volumeBody(projectName: string, key: string, volume: Volume): VolumeCreateOptions & { Name: string } {
  return {
    Name: volume.name,
    Driver: volume.driver,
    DriverOpts: volume.driverOpts,
    Labels: {
      ...volume.labels,
      [labels.project]: projectName,
      [labels.volume]: key,
      [labels.configHash]: volume.configHash,
      [labels.version]: packageVersion(),
    },
  }
}
