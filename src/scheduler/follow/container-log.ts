// One container's output, read from the engine's log, that can be gone on with where it broke off when the engine
// ended: by the time of the last entry, and how many entries of that time were read.
import type { Readable } from 'node:stream'
import type { LogOptions } from '../../docker/client/container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { frames } from '../../docker/protocol/frames.ts'
import { type LineCutter, lineCutter, type OnLine } from './log-streams.ts'

export interface ContainerLog {
  /** Reads to the end of the log; called again after it threw, it goes on where it was. */
  read(window: Pick<LogOptions, 'since' | 'until' | 'tail' | 'history'>, signal: AbortSignal): Promise<void>
}

export function containerLog(docker: Docker, id: string, timestamps: boolean, onLine: OnLine): ContainerLog {
  const cutters = {
    stdout: lineCutter(line => onLine(line, 'stdout')),
    stderr: lineCutter(line => onLine(line, 'stderr')),
  }
  /** Of the last entry that was read. */
  let last: { time: string; count: number } | undefined
  /** Of the last output of a terminal, whose entries can't be told apart: seconds since 1970. */
  let heard: string | undefined
  const open = (options: LogOptions) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, follow: true, ...options })

  return {
    async read(window, abortSignal) {
      const from = last ? { since: secondsOf(last.time) } : heard ? { since: heard } : window
      const stream = await open({ ...from, timestamps: true, abortSignal })
      if (isRaw(stream)) {
        stream.destroy()
        await readTerminal(await open({ ...from, timestamps, abortSignal }))
      } else await readEntries(stream)
      for (const cutter of Object.values(cutters)) cutter.end()
    },
  }

  async function readEntries(stream: Readable): Promise<void> {
    let known = last?.count ?? 0
    for await (const { stream: name, data } of frames(stream)) {
      const end = data.indexOf(32)
      const time = data.toString('latin1', 0, end)
      if (known > 0 && time === last?.time) {
        known--
        continue
      }
      known = 0
      last = { time, count: time === last?.time ? last.count + 1 : 1 }
      const cutter: LineCutter = cutters[name === 'stderr' ? 'stderr' : 'stdout']
      // A long line comes in pieces, each with its time: the first one's is the line's.
      if (timestamps && cutter.atLineStart()) cutter.push(data)
      else cutter.push(data.subarray(end + 1))
    }
  }

  async function readTerminal(stream: Readable): Promise<void> {
    for await (const chunk of stream) {
      heard = (Date.now() / 1000).toFixed(9)
      cutters.stdout.push(chunk)
    }
  }
}

const isRaw = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
  /raw-stream/.test(String(headers['content-type'] ?? ''))

/** `2026-11-21T12:00:00.123456789Z` as seconds with nanoseconds, as `since` takes it. */
export function secondsOf(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0'
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, '0')}`
}
