// Routes of volumes.
import type { Volume } from '../../docker/protocol/types.ts'
import type { VolumeRecord, Volumes } from '../volumes/volumes.ts'
import { any, type FilterRow, labels, matcher, withoutLabels, yesOrNo } from './filters.ts'
import type { Routes } from './router.ts'

export function volumeRoutes(volumes: Volumes, usersOf: (name: string) => string[]): Routes {
  const view = (record: VolumeRecord) => volumeView(volumes, record)
  const listFilters = {
    dangling: yesOrNo(record => usersOf(record.name).length === 0),
    driver: any((record, driver) => record.driver === driver),
    label: labels(labelsOf),
    name: any((record, name) => record.name.includes(name)),
  } satisfies Record<string, FilterRow<VolumeRecord>>
  return {
    'GET /volumes': ({ query }) => {
      const found = volumes.all().filter(matcher(listFilters, query.filters))
      return { json: { Volumes: found.map(view), Warnings: null } }
    },
    'POST /volumes/create': async request => ({
      json: view(volumes.create(await request.json())),
      status: 201,
    }),
    'GET /volumes/{name}': ({ parameters }) => ({ json: view(volumes.get(parameters.name ?? '')) }),
    'DELETE /volumes/{name}': ({ parameters, query }) => {
      volumes.remove(parameters.name ?? '', query.force)
      return { status: 204 }
    },
    'POST /volumes/prune': ({ query }) => {
      const { all, ...rest } = query.filters
      const named = all !== undefined && matcher({ all: yesOrNo(() => true) }, { all })(undefined)
      const admits = matcher(pruneFilters, rest)
      const unused = volumes
        .all()
        .filter(record => usersOf(record.name).length === 0 && (named || record.anonymous) && admits(record))
      for (const { name } of unused) volumes.remove(name, true)
      return { json: { VolumesDeleted: unused.map(({ name }) => name), SpaceReclaimed: 0 } }
    },
  }
}

export const volumeView = (volumes: Volumes, record: VolumeRecord): Volume => ({
  Name: record.name,
  Driver: record.driver,
  Mountpoint: volumes.mountpoint(record.name),
  CreatedAt: record.created,
  Labels: record.labels,
  Scope: 'local',
  Options: record.options,
})

const labelsOf = (record: VolumeRecord) => record.labels

const pruneFilters = {
  label: labels(labelsOf),
  'label!': withoutLabels(labelsOf),
} satisfies Record<string, FilterRow<VolumeRecord>>
