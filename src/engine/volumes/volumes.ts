// Named and anonymous volumes of the local driver: a folder each, or what `driver_opts` says is mounted on it.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { VolumeCreateOptions } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { EventBus } from '../events/bus.ts'
import { mountPoints, unmount } from '../kernel/mounts.ts'
import type { Database } from '../store/database.ts'
import { mountVolumeDevice } from './devices.ts'

export interface VolumeRecord {
  name: string
  driver: 'local'
  created: string
  labels: Record<string, string>
  options: Record<string, string>
  anonymous: boolean
  /** Made for a container that is not written yet, or to go with one that is being removed. */
  passing?: boolean
}

const anonymousLabel = 'com.docker.volume.anonymous'

export interface Volumes {
  /** Returns the one that is there when its name is taken. `passing`: as markPassing() says. */
  create(request: VolumeCreateOptions, passing?: boolean): VolumeRecord
  createAnonymous(labels?: Record<string, string>): VolumeRecord
  /** Marks an anonymous volume as one that goes if a kill comes in between, or takes the mark away. */
  markPassing(name: string, passing: boolean): void
  /** Removes what a kill in between left. */
  sweep(): void
  get(name: string): VolumeRecord
  find(name: string): VolumeRecord | undefined
  all(): VolumeRecord[]
  /** Throws while a container uses it. */
  remove(name: string, force: boolean): void
  /** The folder that containers see; mounts what the options name when it isn't. */
  path(name: string): string
  mountpoint(name: string): string
  unmountAll(): void
}

export interface VolumesOptions {
  database: Database
  folder: string
  events: EventBus
  /** The ids of the containers that use a volume. */
  usersOf: (name: string) => string[]
}

export function createVolumes({ database, folder, events, usersOf }: VolumesOptions): Volumes {
  const store = database.collection<VolumeRecord>('volumes')
  mkdirSync(folder, { recursive: true, mode: 0o701 })
  const mountpoint = (name: string) => join(folder, name, '_data')

  const volumes: Volumes = {
    create({ Name, Driver = 'local', DriverOpts = {}, Labels = {} }, passing = false) {
      const name = Name || randomBytes(32).toString('hex')
      const existing = store.get(name)
      if (existing) return existing
      if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
        throw new ComposeError(
          'invalid_argument',
          `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
        )
      }
      if ((Driver || 'local') !== 'local') {
        throw new ComposeError(
          'not_found',
          `create ${name}: error looking up volume plugin ${Driver}: plugin "${Driver}" not found`,
        )
      }
      const unknown = Object.keys(DriverOpts).find(key => !['type', 'o', 'device', 'size'].includes(key))
      if (unknown) throw new ComposeError('invalid_argument', `create ${name}: invalid option: "${unknown}"`)
      const record: VolumeRecord = {
        name,
        driver: 'local',
        created: new Date().toISOString(),
        labels: Labels,
        options: DriverOpts,
        anonymous: !Name || anonymousLabel in Labels,
        ...(passing ? { passing } : {}),
      }
      store.put(name, record)
      try {
        mkdirSync(mountpoint(name), { recursive: true })
      } catch (error) {
        store.drop(name)
        throw error
      }
      events.emit('volume', 'create', name, { driver: 'local' })
      return record
    },

    createAnonymous(labels = {}) {
      const name = randomBytes(32).toString('hex')
      return volumes.create({ Name: name, Labels: { ...labels, [anonymousLabel]: '' } }, true)
    },

    markPassing(name, passing) {
      const record = store.get(name)
      if (record && (record.passing ?? false) !== passing) store.keep(name, { ...record, passing })
    },

    sweep() {
      for (const { name, passing } of store.all()) {
        if (!passing) continue
        if (usersOf(name).length > 0) volumes.markPassing(name, false)
        else volumes.remove(name, true)
      }
    },

    get(name) {
      const record = store.get(name)
      if (!record) throw new ComposeError('not_found', `get ${name}: no such volume`)
      return record
    },
    find: name => store.get(name),
    all: () => store.all(),

    remove(name, force) {
      if (!store.get(name)) {
        if (force) return
        throw new ComposeError('not_found', `get ${name}: no such volume`)
      }
      const users = usersOf(name)
      if (users.length > 0) {
        throw new ComposeError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`)
      }
      unmount(mountpoint(name))
      if (mountPoints().includes(mountpoint(name))) {
        throw new ComposeError('unavailable', `remove ${name}: what is mounted there can't be unmounted`)
      }
      rmSync(join(folder, name), { recursive: true, force: true })
      store.drop(name)
      events.emit('volume', 'destroy', name, { driver: 'local' })
    },

    path(name) {
      const { options } = volumes.get(name)
      const path = mountpoint(name)
      mkdirSync(path, { recursive: true })
      if (options.device || options.type) {
        if (!mountPoints().includes(path)) mountVolumeDevice(name, path, options)
      }
      return path
    },

    mountpoint,

    unmountAll() {
      const mounted = new Set(mountPoints())
      for (const name of readdirSync(folder)) if (mounted.has(mountpoint(name))) unmount(mountpoint(name))
    },
  }
  return volumes
}
