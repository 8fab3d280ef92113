// Routes of volumes.
import type { Volume, VolumeCreateOptions } from '../../docker/protocol/types.ts'
import type { VolumeRecord, Volumes } from '../volumes/volumes.ts'
import { anyOf, labelsMatch, parseFilters } from './filters.ts'
import { flag, type Routes } from './router.ts'

export function volumeRoutes(volumes: Volumes, usersOf: (name: string) => string[]): Routes {
  const view = (record: VolumeRecord): Volume => ({
    Name: record.name,
    Driver: record.driver,
    Mountpoint: volumes.mountpoint(record.name),
    CreatedAt: record.created,
    Labels: record.labels,
    Scope: 'local',
    Options: record.options,
  })
  return {
    'GET /volumes': ({ query }) => {
      const filters = parseFilters(query.get('filters'), ['name', 'label', 'driver', 'dangling'])
      const found = volumes
        .all()
        .filter(
          record =>
            labelsMatch(record.labels, filters.get('label')) &&
            anyOf(filters.get('name'), name => record.name.includes(name)) &&
            anyOf(filters.get('driver'), driver => driver === record.driver) &&
            anyOf(
              filters.get('dangling'),
              value => (value === 'true' || value === '1') === (usersOf(record.name).length === 0),
            ),
        )
      return { json: { Volumes: found.map(view), Warnings: null } }
    },
    'POST /volumes/create': async request => ({
      json: view(volumes.create(await request.json<VolumeCreateOptions>())),
      status: 201,
    }),
    'GET /volumes/:name': ({ parameters }) => ({ json: view(volumes.get(parameters.name ?? '')) }),
    'DELETE /volumes/:name': ({ parameters, query }) => {
      volumes.remove(parameters.name ?? '', flag(query, 'force'))
      return { status: 204 }
    },
    'POST /volumes/prune': ({ query }) => {
      const filters = parseFilters(query.get('filters'), ['label', 'label!', 'all'])
      const all = filters.get('all')?.some(value => value === 'true' || value === '1') ?? false
      const unused = volumes
        .all()
        .filter(
          record =>
            usersOf(record.name).length === 0 &&
            (all || record.anonymous) &&
            labelsMatch(record.labels, filters.get('label')),
        )
      for (const { name } of unused) volumes.remove(name, true)
      return { json: { VolumesDeleted: unused.map(({ name }) => name), SpaceReclaimed: 0 } }
    },
  }
}
