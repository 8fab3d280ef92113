// What a container has changed of its image's files: told, and made an image of.
import { join } from 'node:path'
import type { Workers } from '../chrooted/workers.ts'
import { containerEvent } from '../containers/events.ts'
import { changesOf } from '../containers/files/changes.ts'
import { commitContainer } from '../containers/files/commit.ts'
import type { Lifecycle } from '../containers/life/lifecycle.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import type { Images } from '../images/images.ts'
import type { Routes } from './router.ts'

export interface CommitRoutesOptions {
  registry: Registry
  lifecycle: Lifecycle
  images: Images
  events: EventBus
  folderOf: (record: ContainerRecord) => string
  workers: Workers
}

export function commitRoutes({ registry, lifecycle, images, events, folderOf, workers }: CommitRoutesOptions): Routes {
  return {
    'GET /containers/{id}/changes': async ({ parameters }) => {
      const record = registry.get(parameters.id ?? '')
      const lowers = images.lowerFolders(images.get(record.imageId))
      const changes = await changesOf(workers.changes, { upper: join(folderOf(record), 'upper'), lowers })
      // Docker Engine's answer where there is none.
      return { json: changes.length > 0 ? changes : null }
    },

    'POST /commit': async ({ query, json }) => {
      const { container = '', repo, tag, comment = '', author = '', pause, changes = [] } = query
      const record = registry.get(container)
      const paused = pause && record.state.status === 'running'
      if (paused) await lifecycle.pause(record, true)
      try {
        const image = await commitContainer(record, {
          images,
          folder: folderOf(record),
          packWorker: workers.pack,
          name: repo ? `${repo}${tag ? `:${tag}` : ''}` : undefined,
          author,
          comment,
          changes: changes.flatMap(text => text.split('\n')).filter(Boolean),
          config: await json(),
        })
        containerEvent(events, record, 'commit', { comment, imageID: image.id, imageRef: repo ?? '' })
        return { json: { Id: image.id }, status: 201 }
      } finally {
        if (paused) await lifecycle.pause(record, false)
      }
    },
  }
}
