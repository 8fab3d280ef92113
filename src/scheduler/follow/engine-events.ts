// The engine's container events of one project, shared by all who wait for something.

import type { Docker } from '../../docker/client/docker.ts'
import { jsonLines } from '../../docker/protocol/json-lines.ts'
import type { EventMessage } from '../../docker/protocol/types.ts'
import { labels, ofProject } from '../observe/labels.ts'

export interface ContainerEvent {
  id: string
  name: string
  service: string
  /** Of `run`. */
  oneOff: boolean
  /** start, die, health_status: healthy, … */
  action: string
  exitCode: number | undefined
  /** Seconds since 1970 with nanoseconds, as `since` takes it. */
  time: string
}

/** Settles when the engine listens; events that come later reach `onEvent` in order. `dispose` ends it. */
export async function watchContainers(
  docker: Docker,
  projectName: string,
  onEvent: (event: ContainerEvent) => void,
  abortSignal?: AbortSignal,
): Promise<{ ended: Promise<void>; dispose(): void }> {
  const stop = new AbortController()
  const signal = abortSignal ? AbortSignal.any([stop.signal, abortSignal]) : stop.signal
  const stream = await docker.getEvents({
    filters: { type: ['container'], label: [ofProject(projectName)] },
    abortSignal: signal,
  })
  const read = async () => {
    try {
      // The document's shape of these lines.
      for await (const message of jsonLines(stream)) onEvent(containerEvent(message as EventMessage))
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  const ended = read()
  ended.catch(() => {})
  return { ended, dispose: () => stop.abort() }
}

function containerEvent(message: EventMessage): ContainerEvent {
  const attributes = message.Actor?.Attributes ?? {}
  const nano = String(message.timeNano ?? 0).padStart(10, '0')
  return {
    id: message.Actor?.ID ?? '',
    name: attributes.name ?? '',
    service: attributes[labels.service] ?? '',
    oneOff: attributes[labels.oneOff] === 'True',
    action: message.Action ?? '',
    exitCode: attributes.exitCode === undefined ? undefined : Number(attributes.exitCode),
    time: `${nano.slice(0, -9)}.${nano.slice(-9)}`,
  }
}
