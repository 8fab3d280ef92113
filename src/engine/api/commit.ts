// Images made of containers.
import { containerEvent } from '../containers/events.ts'
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
  packWorker: URL
}

export function commitRoutes({
  registry,
  lifecycle,
  images,
  events,
  folderOf,
  packWorker,
}: CommitRoutesOptions): Routes {
  return {
    'POST /commit': async ({ query, json }) => {
      const { container = '', repo, tag, comment = '', author = '', pause, changes = [] } = query
      const record = registry.get(container)
      const paused = pause && record.state.status === 'running'
      if (paused) await lifecycle.pause(record, true)
      try {
        const image = await commitContainer(record, {
          images,
          folder: folderOf(record),
          packWorker,
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
