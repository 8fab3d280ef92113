// When a container's life begins and ends, for those who follow its output.
import type { EventBus } from '../../events/bus.ts'
import { type ContainerRecord, isRunning } from '../record.ts'
import type { Waiters } from './waiting.ts'

export interface Lives {
  /** Resolves when it runs, or when its next start has failed. */
  started(record: ContainerRecord, gone: AbortSignal): Promise<void>
  /**
   * Fires when the container has ended, also if it is to be started again, or nobody listens any more. As with Docker
   * Engine a log is followed for one life: clients open it again when they are told of the next start.
   */
  endOf(record: ContainerRecord, gone: AbortSignal): AbortSignal
}

export function createLives(events: EventBus, waiters: Waiters): Lives {
  return {
    started(record: ContainerRecord, gone: AbortSignal): Promise<void> {
      if (isRunning(record)) return Promise.resolve()
      return new Promise(resolve => {
        const stop = events.listen(({ Actor, Action }) => {
          if (Actor?.ID === record.id && (Action === 'start' || Action === 'destroy')) finish()
        })
        const finish = () => {
          stop()
          resolve()
        }
        void waiters.wait(record.id, 'failed-start').then(finish)
        gone.addEventListener('abort', finish, { once: true })
      })
    },

    endOf(record: ContainerRecord, gone: AbortSignal): AbortSignal {
      const end = new AbortController()
      gone.addEventListener('abort', () => end.abort(), { once: true })
      if (!isRunning(record)) end.abort()
      else void waiters.wait(record.id, 'next-exit').then(() => end.abort())
      return end.signal
    },
  }
}
