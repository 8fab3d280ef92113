// Networks: a bridge each, with its addresses. Creating and removing are synchronous, so no two callers are given
// the same subnet.
import { randomBytes } from 'node:crypto'
import type { NetworkCreateRequest } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { deleteLink, listLinks } from '../kernel/links.ts'
import { openNetlink, transact } from '../kernel/netlink.ts'
import type { Database } from '../store/database.ts'
import { bridgeOf, deleteBridge, makeBridge } from './bridges.ts'
import type { HostForwarding } from './host-forwarding.ts'
import type { LinkNames } from './link-names.ts'
import type { NetworkRecord } from './record.ts'
import { addressing, anotherSubnet, withHostLock } from './subnets.ts'

export interface Networks {
  create(request: NetworkCreateRequest): NetworkRecord
  /** Throws while containers are in it. */
  remove(record: NetworkRecord): void
  /** By name, id, or a beginning of the id that only one has. */
  find(nameOrId: string): NetworkRecord | undefined
  get(nameOrId: string): NetworkRecord
  all(): NetworkRecord[]
  save(record: NetworkRecord): void
  /** As save, for what is true whether or not it can be written now. */
  keep(record: NetworkRecord): void
  /** Makes the bridges that should exist, and removes those that nobody knows. */
  repair(): void
  /** Makes a network's bridge if it isn't there, and returns its link index. */
  ensureBridge(record: NetworkRecord): number
  /** Removes all bridges; the records stay. */
  takeDown(): void
}

export interface NetworksOptions {
  database: Database
  names: LinkNames
  forwarding: HostForwarding
  /** Called when the rules no longer fit the networks. */
  onChange: () => void
}

export function createNetworks({ database, names, forwarding, onChange }: NetworksOptions): Networks {
  const store = database.collection<NetworkRecord>('networks')
  for (const [name, driver] of [
    ['bridge', 'bridge'],
    ['host', 'host'],
    ['none', 'null'],
  ] as const) {
    if (!store.all().some(record => record.name === name)) store.put(...predefined(name, driver))
  }

  const networks: Networks = {
    create(request) {
      const name = request.Name
      if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name ?? '')) {
        throw new ComposeError('invalid_argument', `invalid network name: ${JSON.stringify(name)}`)
      }
      if (store.all().some(record => record.name === name)) {
        throw new ComposeError('already_exists', `network with name ${name} already exists`)
      }
      const driver = request.Driver || 'bridge'
      if (driver !== 'bridge') {
        throw new ComposeError(
          driver === 'host' || driver === 'null' ? 'permission_denied' : 'not_found',
          driver === 'host' || driver === 'null'
            ? `only one instance of "${driver}" network is allowed`
            : `plugin "${driver}" not found: this engine has the network drivers bridge, host and none`,
        )
      }
      if (request.EnableIPv6) {
        throw new ComposeError('not_implemented', `network ${name}: IPv6 is not available on this engine yet`)
      }
      return withHostLock(() => {
        const id = randomBytes(32).toString('hex')
        const record: NetworkRecord = {
          id,
          name,
          driver,
          created: new Date().toISOString(),
          labels: request.Labels ?? {},
          options: request.Options ?? {},
          internal: request.Internal ?? false,
          attachable: request.Attachable ?? false,
          enableIPv4: true,
          enableIPv6: false,
          ipam: {
            driver: request.IPAM?.Driver || 'default',
            options: request.IPAM?.Options ?? {},
            ...addressing(request, store.all()),
          },
          // A name of the caller's choice would stand outside of the rules, which go by our prefix.
          bridge: names.bridge(id),
          predefined: false,
          leases: {},
          lastLeases: {},
        }
        store.put(id, record)
        try {
          networks.ensureBridge(record)
        } catch (error) {
          store.drop(id)
          deleteBridge(record)
          throw error
        }
        onChange()
        return record
      })
    },

    remove(record) {
      if (record.predefined) {
        throw new ComposeError('permission_denied', `${record.name} is a pre-defined network and cannot be removed`)
      }
      const users = Object.keys(record.leases).length
      if (users > 0) {
        throw new ComposeError(
          'permission_denied',
          `error while removing network: network ${record.name} id ${record.id} has active endpoints`,
        )
      }
      store.drop(record.id)
      deleteBridge(record)
      onChange()
    },

    find(nameOrId) {
      const exact = store.get(nameOrId) ?? store.all().find(({ name }) => name === nameOrId)
      if (exact || !/^[0-9a-f]+$/.test(nameOrId)) return exact
      const beginning = store.all().filter(({ id }) => id.startsWith(nameOrId))
      return beginning.length === 1 ? beginning[0] : undefined
    },

    get(nameOrId) {
      const record = networks.find(nameOrId)
      if (!record) throw new ComposeError('not_found', `network ${nameOrId} not found`)
      return record
    },

    all: () => store.all(),
    save: record => store.put(record.id, record),
    keep: record => store.keep(record.id, record),

    repair() {
      using socket = openNetlink()
      const links = listLinks(socket.fd)
      const wanted = new Set(store.all().map(({ bridge }) => bridge))
      const strangers = links.filter(({ name }) => name.startsWith(`${names.prefix}b`) && !wanted.has(name))
      if (strangers.length > 0)
        transact(
          socket.fd,
          strangers.map(({ name }) => deleteLink(name)),
        )
      // The default bridge is made when somebody uses it.
      for (const record of store.all())
        if (record.driver === 'bridge' && !record.predefined) networks.ensureBridge(record)
    },

    ensureBridge(record) {
      const existing = bridgeOf(record)
      if (existing?.up) return existing.index
      return withHostLock(() => {
        forwarding.ensure()
        const other = existing ? undefined : anotherSubnet(record, store.all())
        if (other) {
          Object.assign(record.ipam, other)
          store.put(record.id, record)
          // Its rules name its addresses.
          onChange()
        }
        return makeBridge(record, names)
      })
    },

    takeDown() {
      for (const record of store.all()) if (record.bridge) deleteBridge(record)
    },
  }
  return networks

  function predefined(name: string, driver: NetworkRecord['driver']): [string, NetworkRecord] {
    const id = randomBytes(32).toString('hex')
    return [
      id,
      {
        id,
        name,
        driver,
        created: new Date().toISOString(),
        labels: {},
        options: {},
        internal: false,
        attachable: false,
        enableIPv4: true,
        enableIPv6: false,
        ipam: { driver: 'default', options: {}, config: [] },
        bridge: driver === 'bridge' ? names.bridge(id) : '',
        predefined: true,
        leases: {},
        lastLeases: {},
      },
    ]
  }
}
