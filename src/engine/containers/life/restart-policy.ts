// What a container's restart policy says: no, always, unless-stopped, on-failure[:N].
import type { ContainerRecord } from '../record.ts'

/** Of one that has just ended, or could not be started again. */
export function shouldRestart({ host, state, stoppedByRequest, restartCount }: ContainerRecord): boolean {
  const { name, maximumRetryCount = 0 } = host.restartPolicy ?? {}
  if (stoppedByRequest) return false
  if (name === 'always' || name === 'unless-stopped') return true
  return name === 'on-failure' && state.exitCode !== 0 && (maximumRetryCount === 0 || restartCount < maximumRetryCount)
}
