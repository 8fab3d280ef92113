// Routes of networks.

import type {
  EndpointSettings,
  Network,
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { Attachments } from '../containers/life/network-attachments.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import type { Networks } from '../networks/networks.ts'
import type { NetworkRecord } from '../networks/record.ts'
import { anyOf, labelsMatch, parseFilters } from './filters.ts'
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
      Config: record.ipam.config,
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

  return {
    'GET /networks': ({ query }) => {
      const filters = parseFilters(query.get('filters'), ['name', 'id', 'label', 'driver', 'scope', 'type', 'dangling'])
      const found = networks
        .all()
        .filter(
          record =>
            labelsMatch(record.labels, filters.get('label')) &&
            anyOf(filters.get('name'), name => record.name.includes(name)) &&
            anyOf(filters.get('id'), id => record.id.startsWith(id)) &&
            anyOf(filters.get('driver'), driver => record.driver === driver) &&
            anyOf(filters.get('scope'), scope => scope === 'local') &&
            anyOf(filters.get('type'), type => (type === 'builtin') === record.predefined) &&
            anyOf(
              filters.get('dangling'),
              value => (value === 'true' || value === '1') === (!record.predefined && usersOf(record).length === 0),
            ),
        )
      return { json: found.map(record => view(record, false)) }
    },
    'GET /networks/:id': ({ parameters }) => ({ json: view(networks.get(parameters.id ?? ''), true) }),
    'POST /networks/create': async request => {
      const body = await request.json<NetworkCreateRequest>()
      const record = networks.create(body)
      events.emit('network', 'create', record.id, { name: record.name, type: record.driver })
      return { json: { Id: record.id, Warning: networkWarnings(body).join('; ') }, status: 201 }
    },
    'DELETE /networks/:id': ({ parameters }) => {
      const record = networks.get(parameters.id ?? '')
      networks.remove(record)
      events.emit('network', 'destroy', record.id, { name: record.name, type: record.driver })
      return { status: 204 }
    },
    'POST /networks/:id/connect': async request => {
      const { Container, EndpointConfig } = await request.json<NetworkConnectRequest>()
      if (!Container) throw new ComposeError('invalid_argument', 'Container is missing')
      await attachments.connect(
        registry.get(Container),
        networks.get(request.parameters.id ?? ''),
        (EndpointConfig ?? {}) as EndpointSettings,
      )
      return { json: '' }
    },
    'POST /networks/:id/disconnect': async request => {
      const { Container } = await request.json<NetworkDisconnectRequest>()
      if (!Container) throw new ComposeError('invalid_argument', 'Container is missing')
      await attachments.disconnect(registry.get(Container), networks.get(request.parameters.id ?? ''))
      return { json: '' }
    },
    'POST /networks/prune': ({ query }) => {
      const filters = parseFilters(query.get('filters'), ['label', 'label!', 'until'])
      const unused = networks
        .all()
        .filter(
          record =>
            !record.predefined && usersOf(record).length === 0 && labelsMatch(record.labels, filters.get('label')),
        )
      for (const record of unused) networks.remove(record)
      return { json: { NetworksDeleted: unused.map(({ name }) => name) } }
    },
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
              IPv4Address: `${active.address}/${active.prefix}`,
              IPv6Address: '',
            },
          ],
        ]
      }),
    )
  }
}
