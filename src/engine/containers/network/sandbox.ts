// A container's network namespace with everything in it: links and addresses, its name server, published ports.
// Built before the container starts and taken down after its end, also when either was interrupted.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ComposeError } from '../../../shared/errors.ts'
import { createNetns, removeNetns } from '../../kernel/namespaces.ts'
import { arrangeNamespace, type Endpoints } from '../../networks/endpoints.ts'
import type { Ports } from '../../networks/ports.ts'
import type { EndpointRecord } from '../../networks/record.ts'
import { hasOwnNetwork } from '../namespaces.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import { createNames } from './names.ts'
import { createPublishedPorts } from './published-ports.ts'

export interface Sandboxes {
  /** The namespace's path; false for the host's. `save` is called as soon as the record says what is about to be. */
  build(record: ContainerRecord, save: () => void): string | false
  /** Takes over what an earlier engine built for a container that still runs. */
  adopt(record: ContainerRecord): void
  /** After a container's end. Its namespace stays while running containers share it, so that they keep their network. */
  destroy(record: ContainerRecord, save: () => void): void
  /** Whoever shares it. */
  remove(record: ContainerRecord, save: () => void): void
  netnsPath(record: ContainerRecord): string | false
  /** Whether the container's network is there: it runs, or others share it still. */
  isUp(record: ContainerRecord): boolean
  /** Puts a container whose network is up onto one more network, or takes it off one. */
  attach(record: ContainerRecord, endpoint: EndpointRecord, save: () => void): void
  detach(record: ContainerRecord, endpoint: EndpointRecord, save: () => void): void
  /** Registers names anew after the endpoints of a running container changed. */
  refresh(record: ContainerRecord): void
}

export interface SandboxesOptions {
  folder: string
  endpoints: Endpoints
  ports: Ports
  containerNamed: (name: string) => ContainerRecord
  containers: () => readonly ContainerRecord[]
  /** Writes down what was taken from another container than the one that was asked about. */
  saveOwner: (record: ContainerRecord) => void
}

export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { folder, endpoints, ports, containerNamed, containers, saveOwner } = options
  const names = createNames()
  const published = createPublishedPorts(ports)

  const ownPath = (record: ContainerRecord) => join(folder, record.id)
  const isOwn = ({ namespaces }: ContainerRecord) => hasOwnNetwork(namespaces)

  /** Between build() and destroy(): a container that is being started doesn't run yet, and must not lose its own, or another's. */
  const inUse = new Set<string>()
  const leaderId = ({ namespaces: { network } }: ContainerRecord) =>
    network.kind === 'container' ? network.container : undefined
  const ownerOf = (record: ContainerRecord) => {
    const id = leaderId(record)
    return id === undefined ? undefined : containers().find(other => other.id === id)
  }
  const isShared = (record: ContainerRecord) =>
    containers().some(other => leaderId(other) === record.id && inUse.has(other.id))
  /** Kept from an earlier run: everything that build() makes is there. */
  const isWhole = (record: ContainerRecord) =>
    names.isServed(record) && existsSync(ownPath(record)) && record.endpoints.every(({ active }) => active)

  const sandboxes: Sandboxes = {
    netnsPath(record) {
      const { network } = record.namespaces
      if (network.kind === 'host') return false
      if (network.kind !== 'container') return ownPath(record)
      const other = containerNamed(network.container)
      // Kept for others, it is there while its own container isn't.
      if (isOwn(other) && existsSync(ownPath(other))) return ownPath(other)
      if (other.state.pid === 0) {
        throw new ComposeError('conflict', `cannot join network namespace of a non running container: ${other.id}`)
      }
      return `/proc/${other.state.pid}/ns/net`
    },

    build(record, save) {
      inUse.add(record.id)
      if (!isOwn(record)) return sandboxes.netnsPath(record)
      const path = ownPath(record)
      if (isWhole(record)) return path
      sandboxes.remove(record, save)
      endpoints.lease(record.endpoints)
      save()
      try {
        published.reserve(record)
      } catch (error) {
        endpoints.release(record.endpoints)
        throw error
      }
      save()
      createNetns(path, arrangeNamespace)
      if (record.endpoints.length === 0) return path
      endpoints.connect(path, record.endpoints)
      names.serve(record, path)
      save()
      published.open(record)
      return path
    },

    adopt(record) {
      if (isRunning(record)) inUse.add(record.id)
      if (!isOwn(record) || record.endpoints.length === 0) return
      published.adopt(record)
      names.serve(record, ownPath(record))
    },

    destroy(record, save) {
      inUse.delete(record.id)
      if (!isShared(record)) sandboxes.remove(record, save)
      // The last of those who shared another's.
      const owner = ownerOf(record)
      if (owner && !inUse.has(owner.id) && !isShared(owner)) sandboxes.remove(owner, () => saveOwner(owner))
    },

    remove(record, save) {
      if (!isOwn(record)) return
      names.remove(record)
      published.release(record)
      endpoints.release(record.endpoints)
      removeNetns(ownPath(record))
      save()
    },

    isUp: record => isRunning(record) || record.endpoints.some(({ active }) => active),

    attach(record, endpoint, save) {
      const all = [...record.endpoints, endpoint]
      endpoints.lease([endpoint], all)
      record.endpoints = all
      save()
      try {
        endpoints.connect(ownPath(record), [endpoint], record.endpoints)
      } catch (error) {
        endpoints.release([endpoint])
        record.endpoints = all.filter(other => other !== endpoint)
        throw error
      }
      // The server of a container that had no network is started with its first one.
      names.serve(record, ownPath(record))
      published.redirect(record)
    },

    detach(record, endpoint, save) {
      record.endpoints = record.endpoints.filter(other => other !== endpoint)
      endpoints.release([endpoint])
      endpoints.route(ownPath(record), record.endpoints)
      published.redirect(record)
      names.register(record)
      save()
    },

    refresh: names.register,
  }
  return sandboxes
}
