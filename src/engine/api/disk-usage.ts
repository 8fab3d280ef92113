// GET /system/df: what images, containers, volumes and the build cache take. Sizes are counted when they are asked for.
import { join } from 'node:path'
import type { BuildCache, ContainerSummary, Volume } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { folderSize } from '../../shared/folder-size.ts'
import { type CacheRecord, cacheRecords, type PruneOptions } from '../build/prune.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { Images } from '../images/images.ts'
import { chainIds } from '../images/layers.ts'
import type { Volumes } from '../volumes/volumes.ts'
import { summaryView as containerView } from './container-views.ts'
import { layersSize, summaryView } from './image-views.ts'
import type { Routes } from './router.ts'
import type { UsersOf } from './users-of.ts'
import { volumeView } from './volumes.ts'

export interface DiskUsageOptions extends PruneOptions {
  registry: Registry
  images: Images
  volumes: Volumes
  imageUsers: UsersOf
  volumeUsers: (name: string) => string[]
  folderOf: (record: ContainerRecord) => string
}

const kinds = ['image', 'container', 'volume', 'build-cache']

export function diskUsageRoutes(options: DiskUsageOptions): Routes {
  const { registry, images, volumes, imageUsers, volumeUsers, folderOf } = options
  return {
    'GET /system/df': async ({ query }) => {
      const { type } = query
      const unknown = type.find(kind => !kinds.includes(kind))
      if (unknown !== undefined) throw new ComposeError('invalid_argument', `unknown object type: ${unknown}`)
      const wants = (kind: string) => type.length === 0 || type.includes(kind)
      const shown = { manifests: false, sharedSize: true }
      return {
        json: {
          ...(wants('image')
            ? {
                LayersSize: await layersSize(images),
                Images: await inTurn(images.listed(), record => summaryView(images, imageUsers, record, shown)),
              }
            : {}),
          ...(wants('container') ? { Containers: await inTurn(registry.all(), containerUsage) } : {}),
          ...(wants('volume') ? { Volumes: await inTurn(volumes.all(), volumeUsage) } : {}),
          ...(wants('build-cache') ? { BuildCache: (await cacheRecords(options)).map(cacheView) } : {}),
        },
      }
    },
  }

  async function containerUsage(record: ContainerRecord): Promise<ContainerSummary> {
    const SizeRw = await folderSize(join(folderOf(record), 'upper'))
    const image = images.find(record.imageId)
    const below = image ? await images.layers.sizeOf(chainIds(image.diffIds)) : 0
    return { ...containerView(record, { dnsNames: () => [], stopping: false }), SizeRw, SizeRootFs: SizeRw + below }
  }

  async function volumeUsage(record: ReturnType<Volumes['all']>[number]): Promise<Volume> {
    const view = volumeView(volumes, record)
    const Size = await folderSize(view.Mountpoint)
    return { ...view, UsageData: { Size, RefCount: volumeUsers(record.name).length } }
  }
}

/** One after the other: a disk is not quicker when it is asked for many things at once. */
async function inTurn<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const one of list) results.push(await work(one))
  return results
}

const cacheView = (record: CacheRecord): BuildCache => ({
  ID: record.id,
  Parents: [...record.parents],
  Type: record.type,
  Description: record.description,
  InUse: record.inUse,
  Shared: record.inUse,
  Size: record.size,
  CreatedAt: record.created,
  LastUsedAt: record.lastUsed,
  UsageCount: record.uses,
})
