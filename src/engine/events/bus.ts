// What happens in the engine, as the Engine API tells it: a stream for whoever listens, and the recent past for
// whoever asks with `since`.
import { EventEmitter } from 'node:events'
import type { EventMessage } from '../../docker/protocol/types.ts'

export type EventKind = 'container' | 'image' | 'network' | 'volume' | 'daemon'

export interface EventBus {
  emit(kind: EventKind, action: string, id: string, attributes?: Record<string, string>): void
  /** Calls `listener` for each event until the returned function is called. */
  listen(listener: (event: EventMessage) => void): () => void
  /** The remembered events of the last while, oldest first. */
  recent(): readonly EventMessage[]
}

const remembered = 4096

export function createEventBus(now: () => number = Date.now): EventBus {
  const emitter = new EventEmitter().setMaxListeners(0)
  const past: EventMessage[] = []
  let last = 0n
  return {
    emit(kind, action, id, attributes = {}) {
      // Strictly rising, so that a client can ask for what comes after the last one it saw; by a microsecond, since
      // JSON's numbers of this size are 256 apart.
      const current = BigInt(now()) * 1_000_000n
      last = current > last ? current : last + 1_000n
      const event: EventMessage = {
        Type: kind,
        Action: action,
        Actor: { ID: id, Attributes: attributes },
        scope: 'local',
        time: Number(last / 1_000_000_000n),
        timeNano: Number(last),
      }
      past.push(event)
      if (past.length > remembered) past.shift()
      emitter.emit('event', event)
    },
    listen(listener) {
      emitter.on('event', listener)
      return () => emitter.off('event', listener)
    },
    recent: () => past,
  }
}
