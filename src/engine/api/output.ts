// What a container's output is on the wire: raw for a terminal, else a frame for each line.
import { frameHead } from '../../docker/protocol/frames.ts'
import type { LogEntry } from '../containers/logs/log-file.ts'
import type { ContainerRecord } from '../containers/record.ts'

/** Which streams are sent, and whether each line has its time. */
export interface Shown {
  stdout: boolean
  stderr: boolean
  timestamps?: boolean
}

export async function* encode(
  entries: AsyncIterable<LogEntry[]>,
  { config }: ContainerRecord,
  query: Shown,
): AsyncGenerator<Buffer> {
  for await (const batch of entries) {
    const chunks: Buffer[] = []
    for (const entry of batch) {
      if (!query[entry.stream]) continue
      const stamp = query.timestamps ? Buffer.from(`${entry.time} `) : undefined
      if (!config.tty) chunks.push(frameHead(entry.stream, entry.text.length + (stamp?.length ?? 0)))
      if (stamp) chunks.push(stamp)
      chunks.push(entry.text)
    }
    if (chunks.length > 0) yield Buffer.concat(chunks)
  }
}
