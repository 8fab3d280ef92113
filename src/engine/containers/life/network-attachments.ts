// Connects containers to networks, and disconnects them. Not while they run yet: the container would have to be
// given a new link in its living namespace.

import type { EndpointSettings } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import type { EventBus } from '../../events/bus.ts'
import type { Networks } from '../../networks/networks.ts'
import type { NetworkRecord } from '../../networks/record.ts'
import { hasOwnNetwork } from '../namespaces.ts'
import type { Sandboxes } from '../network/sandbox.ts'
import type { ContainerRecord } from '../record.ts'
import type { Registry } from '../registry.ts'
import { endpointRecord } from '../request/create-record.ts'
import type { Lifecycle } from './lifecycle.ts'

export interface Attachments {
  connect(record: ContainerRecord, network: NetworkRecord, settings: EndpointSettings): Promise<void>
  disconnect(record: ContainerRecord, network: NetworkRecord): Promise<void>
}

export interface AttachmentsOptions {
  registry: Registry
  networks: Networks
  sandboxes: Sandboxes
  events: EventBus
  /** Whether it runs isn't known while it is being started. */
  exclusively: Lifecycle['exclusively']
}

export function createAttachments(options: AttachmentsOptions): Attachments {
  const { registry, networks, sandboxes, events, exclusively } = options
  return {
    connect: (record, network, settings) => exclusively(record, () => connect(record, network, settings)),
    disconnect: (record, network) => exclusively(record, () => disconnect(record, network)),
  }

  async function connect(record: ContainerRecord, network: NetworkRecord, settings: EndpointSettings): Promise<void> {
    if (record.endpoints.some(({ networkId }) => networkId === network.id)) {
      throw new ComposeError(
        'permission_denied',
        `endpoint with name ${record.name} already exists in network ${network.name}`,
      )
    }
    if (!hasOwnNetwork(record.namespaces)) {
      throw new ComposeError(
        'permission_denied',
        `container sharing network namespace with another container or host cannot be connected to any other network`,
      )
    }
    const endpoint = endpointRecord(networks, network.id, settings, record.config)
    if (sandboxes.isUp(record)) sandboxes.attach(record, endpoint, () => registry.save(record))
    else record.endpoints.push(endpoint)
    registry.save(record)
    events.emit('network', 'connect', network.id, { container: record.id, name: network.name, type: network.driver })
  }

  async function disconnect(record: ContainerRecord, network: NetworkRecord): Promise<void> {
    const endpoint = record.endpoints.find(({ networkId }) => networkId === network.id)
    if (!endpoint) {
      throw new ComposeError('permission_denied', `container ${record.id} is not connected to network ${network.name}`)
    }
    if (sandboxes.isUp(record)) sandboxes.detach(record, endpoint, () => registry.save(record))
    else record.endpoints = record.endpoints.filter(other => other !== endpoint)
    registry.save(record)
    events.emit('network', 'disconnect', network.id, {
      container: record.id,
      name: network.name,
      type: network.driver,
    })
  }
}
