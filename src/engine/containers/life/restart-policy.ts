// What a container's restart policy says: no, always, unless-stopped, on-failure[:N].
import type { ContainerRecord } from '../record.ts'

/** Of one that has just ended, or could not be started again. */
export function shouldRestart({ hostConfig, state, stoppedByRequest, restartCount }: ContainerRecord): boolean {
  const { Name, MaximumRetryCount = 0 } = hostConfig.RestartPolicy ?? {}
  if (stoppedByRequest) return false
  if (Name === 'always' || Name === 'unless-stopped') return true
  return Name === 'on-failure' && state.exitCode !== 0 && (MaximumRetryCount === 0 || restartCount < MaximumRetryCount)
}
