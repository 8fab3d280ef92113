// What shows the event stream, whichever way.
import type { OnProgress } from '../scheduler/execute/progress.ts'

export interface ProgressRenderer {
  onProgress: OnProgress
  /** Resolves when nothing more will be drawn over: from then on others may write to the terminal. */
  drawn: Promise<void>
  /** Leaves the last state on the screen; nothing is shown after it. After a failure, that of `subject`, the rest was given up. */
  end(failure?: { subject: string | undefined }): Promise<void>
}
