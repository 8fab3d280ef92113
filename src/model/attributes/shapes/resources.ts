// The top-level sections beside services.

import type { Config, Ipam, IpamPool, Model, Network, Secret, Volume } from '../../project/project.ts'
import { group, listOf, mapOf } from '../kinds/collection.ts'
import type { Kind } from '../kinds/kind.ts'
import { flag, integer, optionalFlag, text } from '../kinds/scalar.ts'
import { mapping } from '../kinds/special.ts'
import { needed, texts } from './common.ts'

export function makeNetwork(): Kind<Omit<Network, 'configHash'>> {
  return group<Omit<Network, 'configHash'>>({
    name: ['name', needed],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapping],
    ipam: [
      'ipam',
      group<Ipam>(
        {
          driver: ['driver', text],
          config: [
            'config',
            listOf(
              group<IpamPool>({
                subnet: ['subnet', text],
                gateway: ['gateway', text],
                ipRange: ['ip_range', text],
                auxAddresses: ['aux_addresses', mapping],
              }),
            ),
          ],
          options: ['options', mapping],
        },
        { always: true },
      ),
    ],
    external: ['external', flag],
    internal: ['internal', flag],
    attachable: ['attachable', flag],
    labels: ['labels', mapping],
    enableIpv4: ['enable_ipv4', optionalFlag],
    enableIpv6: ['enable_ipv6', optionalFlag],
  })
}

export function makeVolume(): Kind<Omit<Volume, 'configHash'>> {
  return group<Omit<Volume, 'configHash'>>({
    name: ['name', needed],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapping],
    external: ['external', flag],
    labels: ['labels', mapping],
  })
}

export function makeConfig(): Kind<Config> {
  return group<Config>({
    name: ['name', needed],
    file: ['file', text],
    environment: ['environment', text],
    content: ['content', text],
    external: ['external', flag],
    labels: ['labels', mapping],
    templateDriver: ['template_driver', text],
  })
}

export function makeSecret(): Kind<Secret> {
  return group<Secret>({
    name: ['name', needed],
    file: ['file', text],
    environment: ['environment', text],
    content: ['content', text],
    external: ['external', flag],
    labels: ['labels', mapping],
    driver: ['driver', text],
    driverOpts: ['driver_opts', mapOf(needed)],
    templateDriver: ['template_driver', text],
  })
}

export function makeModel(): Kind<Model> {
  return group<Model>({
    name: ['name', needed],
    model: ['model', needed],
    contextSize: ['context_size', integer],
    runtimeFlags: ['runtime_flags', texts],
  })
}
