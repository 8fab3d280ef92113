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
export function shouldComeBack({ state, host, stoppedByRequest, restartCount }: ContainerRecord): boolean {
  const { name, maximumRetryCount = 0 } = host.restartPolicy ?? {}
  if (state.status !== 'exited' || state.startedAt === never) return false
  if (name === 'always') return true
  if (name === 'unless-stopped') return !stoppedByRequest
  return name === 'on-failure' && state.exitCode !== 0 && (maximumRetryCount === 0 || restartCount < maximumRetryCount)
}

/** Whether its removal was begun or is due, and something came in between. */
export const isLeaving = ({ state, host }: ContainerRecord): boolean =>
  state.status === 'removing' || (host.autoRemove === true && state.status === 'exited')
