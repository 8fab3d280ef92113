// Watching of files beside an attached `up`: on from the beginning with --watch, on and off by a key.
import type { Project } from '../../model/project/project.ts'
import { messageOf } from '../../shared/errors.ts'
import { type WatchSession, watchSession } from '../watch/session.ts'

export interface Watching {
  readonly on: boolean
  /** Settles when it has been switched. */
  toggle(): Promise<void>
  /** Rejects when what was asked for on the command line can't go on. Never settles otherwise. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

export interface WatchingOptions extends Omit<WatchSession, 'signal'> {
  /** On from now on; a failure ends the command. */
  required: boolean
  /** It is on, or no longer. */
  onSwitch(): void
}

export function watching({ required, onSwitch, ...session }: WatchingOptions): Watching {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => {})
  let current: { stop: AbortController; ended: Promise<void> } | undefined

  const begin = (onFailure: (error: unknown) => void) => {
    const stop = new AbortController()
    const ended = watchSession({ ...session, signal: stop.signal })
      .catch(error => {
        if (!stop.signal.aborted) onFailure(error)
      })
      .finally(() => {
        current = undefined
        onSwitch()
      })
    current = { stop, ended }
    onSwitch()
  }
  const end = async () => {
    current?.stop.abort()
    await current?.ended
  }
  if (required) begin(reject)
  return {
    get on() {
      return current !== undefined
    },
    failed,
    async toggle() {
      if (!current) return begin(error => session.say(messageOf(error)))
      await end()
      session.say('Watch disabled')
    },
    stop: end,
  }
}

export function hasWatchRules(project: Project): boolean {
  return Object.values(project.services).some(({ develop }) => (develop?.watch ?? []).length > 0)
}
