// Begins logs anew that have grown beyond what their containers' options allow, by looking at them from time to time: conmon
// writes them, and has no such limit that would keep what was written before.
import { controlPathOf } from '../../runtime/conmon.ts'
import type { ContainerRecord } from '../record.ts'
import { logPathOf } from './attachments.ts'
import { logLimits } from './drivers.ts'
import { rotate } from './rotated-files.ts'

/** Milliseconds: a log may grow beyond its limit for so long. */
const interval = 500

export interface RotationOptions {
  running(): Iterable<ContainerRecord>
  folderOf(record: ContainerRecord): string
  onError(error: unknown): void
}

/** Until the returned function is called. */
export function watchLogSizes({ running, folderOf, onError }: RotationOptions): () => void {
  /** What conmon was told to leave, by container: it takes its time. */
  const left = new Map<string, number>()
  const look = () => {
    for (const record of running()) {
      const { type, config } = record.host.logConfig ?? {}
      const limits = logLimits(type, config)
      if (!limits) continue
      const folder = folderOf(record)
      try {
        const file = rotate(logPathOf(folder), controlPathOf(folder), { ...limits, unless: left.get(record.id) })
        if (file !== undefined) left.set(record.id, file)
      } catch (error) {
        onError(error)
      }
    }
  }
  const timer = setInterval(look, interval)
  timer.unref()
  return () => clearInterval(timer)
}
