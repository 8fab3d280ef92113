// What a boot of the machine means for a container: its run is over, and whether its policy starts it again. Rules
// and exit code are those of Docker Engine's start after a crash.
import { type ContainerRecord, never } from '../record.ts'

/** What Docker Engine reports when nobody knows the code any more. */
export const unknownExitCode = 255

/** Records the end of a run that the machine's end has cut off. */
export function forgetRun(record: ContainerRecord, now = new Date()): void {
  // One that waited for its next start has its end on record.
  const waited = record.state.status === 'restarting'
  Object.assign(record.state, {
    status: 'exited',
    pid: 0,
    startTime: '',
    ...(waited ? {} : { exitCode: unknownExitCode, error: '', oomKilled: false, finishedAt: now.toISOString() }),
  })
}

/**
 * Whether a container that has ended is started after a boot. `always` and `on-failure` don't ask who ended it, as
 * in Docker Engine; what was never started stays so.
 */
export function shouldComeBack({ state, hostConfig, stoppedByRequest, restartCount }: ContainerRecord): boolean {
  const { Name, MaximumRetryCount = 0 } = hostConfig.RestartPolicy ?? {}
  if (state.status !== 'exited' || state.startedAt === never) return false
  if (Name === 'always') return true
  if (Name === 'unless-stopped') return !stoppedByRequest
  return Name === 'on-failure' && state.exitCode !== 0 && (MaximumRetryCount === 0 || restartCount < MaximumRetryCount)
}

/** Whether its removal was begun or is due, and something came in between. */
export const isLeaving = ({ state, hostConfig }: ContainerRecord): boolean =>
  state.status === 'removing' || (hostConfig.AutoRemove === true && state.status === 'exited')
