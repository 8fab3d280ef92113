// Routes of networks.

import { toWire } from '../../docker/protocol/own-names.ts'
import type { IPAMConfig, Network } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Attachments } from '../containers/life/network-attachments.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import type { Networks } from '../networks/networks.ts'
import { addressOf, type LeasedAddress, type NetworkRecord } from '../networks/record.ts'
import { any, anyRead, type FilterRow, labels, matcher, until, withoutLabels, yesOrNo } from './filters.ts'
import type { Routes } from './router.ts'
import { networkWarnings } from './warnings.ts'

export interface NetworkRoutesOptions {
  networks: Networks
  registry: Registry
  attachments: Attachments
  events: EventBus
}

export function networkRoutes({ networks, registry, attachments, events }: NetworkRoutesOptions): Routes {
  const view = (record: NetworkRecord, withContainers: boolean): Network & { Containers?: object } => ({
    Name: record.name,
    Id: record.id,
    Created: record.created,
    Scope: 'local',
    Driver: record.driver,
    EnableIPv4: record.enableIPv4,
    EnableIPv6: record.enableIPv6,
    IPAM: {
      Driver: record.ipam.driver,
      Options: record.ipam.options,
      Config: record.ipam.config.map(pool => toWire<IPAMConfig>(pool, 'IPAMConfig')),
    },
    Internal: record.internal,
    Attachable: record.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Options: record.options,
    Labels: record.labels,
    ...(withContainers ? { Containers: containersOf(record) } : { Containers: {} }),
  })

  const labelsOf = (record: NetworkRecord) => record.labels
  const listFilters = {
    dangling: yesOrNo(record => !record.predefined && usersOf(record).length === 0),
    driver: any((record, driver) => record.driver === driver),
    id: any((record, id) => record.id.startsWith(id)),
    label: labels(labelsOf),
    name: any((record, name) => record.name.includes(name)),
    scope: any((_, scope) => scope === 'local'),
    type: anyRead(networkType, (record, type) => (type === 'builtin') === record.predefined),
  } satisfies Record<string, FilterRow<NetworkRecord>>
  const pruneFilters = {
    label: labels(labelsOf),
    'label!': withoutLabels(labelsOf),
    until: until(record => record.created),
  } satisfies Record<string, FilterRow<NetworkRecord>>

  return {
    'GET /networks': ({ query }) => {
      const found = networks.all().filter(matcher(listFilters, query.filters))
      return { json: found.map(record => view(record, false)) }
    },
    'GET /networks/{id}': ({ parameters }) => ({ json: view(networks.get(parameters.id ?? ''), true) }),
    'POST /networks/create': async request => {
      const body = await request.json()
      const record = networks.create(body)
      events.emit('network', 'create', record.id, { name: record.name, type: record.driver })
      return { json: { Id: record.id, Warning: networkWarnings(body).join('; ') }, status: 201 }
    },
    'DELETE /networks/{id}': ({ parameters }) => {
      remove(networks.get(parameters.id ?? ''))
      return { status: 204 }
    },
    'POST /networks/{id}/connect': async request => {
      const { Container, EndpointConfig } = await request.json()
      if (!Container) throw new ComposeError('invalid_argument', 'Container is missing')
      await attachments.connect(
        registry.get(Container),
        networks.get(request.parameters.id ?? ''),
        EndpointConfig ?? {},
      )
      return { json: '' }
    },
    'POST /networks/{id}/disconnect': async request => {
      const { Container } = await request.json()
      if (!Container) throw new ComposeError('invalid_argument', 'Container is missing')
      await attachments.disconnect(registry.get(Container), networks.get(request.parameters.id ?? ''))
      return { json: '' }
    },
    'POST /networks/prune': ({ query }) => {
      const admits = matcher(pruneFilters, query.filters)
      const unused = networks
        .all()
        .filter(record => !record.predefined && usersOf(record).length === 0 && admits(record))
      for (const record of unused) remove(record)
      return { json: { NetworksDeleted: unused.map(({ name }) => name) } }
    },
  }

  function remove(record: NetworkRecord): void {
    networks.remove(record)
    events.emit('network', 'destroy', record.id, { name: record.name, type: record.driver })
  }

  function usersOf({ id }: NetworkRecord) {
    return registry.all().filter(({ endpoints }) => endpoints.some(({ networkId }) => networkId === id))
  }

  function containersOf(record: NetworkRecord) {
    return Object.fromEntries(
      usersOf(record).flatMap(container => {
        const active = container.endpoints.find(({ networkId }) => networkId === record.id)?.active
        if (!active) return []
        return [
          [
            container.id,
            {
              Name: container.name,
              EndpointID: active.id,
              MacAddress: active.mac,
              IPv4Address: withPrefix(addressOf(active, 4)),
              IPv6Address: withPrefix(addressOf(active, 6)),
            },
          ],
        ]
      }),
    )
  }
}

const withPrefix = (leased: LeasedAddress | undefined) => (leased ? `${leased.address}/${leased.prefix}` : '')

function networkType(value: string): string {
  if (value === 'builtin' || value === 'custom') return value
  throw new ComposeError('invalid_argument', `invalid filter: 'type'='${value}'`)
}
