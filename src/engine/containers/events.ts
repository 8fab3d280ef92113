// The event of a container: its labels are attributes, so that clients can filter by them.
import type { EventBus } from '../events/bus.ts'
import type { ContainerRecord } from './record.ts'

export function containerEvent(
  events: EventBus,
  record: ContainerRecord,
  action: string,
  extra: Record<string, string> = {},
): void {
  events.emit('container', action, record.id, {
    ...record.config.labels,
    ...extra,
    image: record.imageRef,
    name: record.name,
  })
}
