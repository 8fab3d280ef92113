// The logs of several containers as one, by the times at which the engine took their lines. Nothing is held but what
// has been read of each: who is far behind in time is read first.
import type { Readable } from 'node:stream'
import type { LogOptions } from '../../docker/client/container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { frameParser } from '../../docker/protocol/frames.ts'
import type { ComposeError } from '../../shared/errors.ts'
import { isUnreadable, lineCutter } from './log-streams.ts'

export interface MergedLogsOptions<C extends { id: string }> {
  containers: readonly C[]
  window: Pick<LogOptions, 'since' | 'until' | 'tail' | 'abortSignal'>
  /** `time` as the engine wrote it: RFC 3339 with nanoseconds, UTC. */
  onLine(container: C, line: string, time: string): void
  /** Its logging driver keeps nothing that could be read. */
  onUnreadable(container: C, error: ComposeError): void
}

/** Settles at the end of all logs. Lines of one time come in the order of the containers. */
export async function mergedLogs<C extends { id: string }>(
  docker: Docker,
  { containers, window, onLine, onUnreadable }: MergedLogsOptions<C>,
): Promise<void> {
  const open = async (container: C): Promise<Source<C>[]> => {
    try {
      const log = docker.getContainer(container.id)
      const stream = await log.logs({ stdout: true, stderr: true, timestamps: true, ...window })
      return [{ container, batches: batches(stream), entries: [], at: 0 }]
    } catch (error) {
      if (!isUnreadable(error)) throw error
      onUnreadable(container, error)
      return []
    }
  }
  let sources = (await Promise.all(containers.map(open))).flat()
  for (;;) {
    await Promise.all(sources.map(fill))
    sources = sources.filter(({ entries }) => entries.length > 0)
    if (sources.length === 0) return
    // As long as each has a line, the earliest of them is the next of all.
    for (let isEmpty = false; !isEmpty; ) {
      const next = sources.reduce((first, source) => (timeOf(source) < timeOf(first) ? source : first))
      const entry = next.entries[next.at++]
      if (entry) onLine(next.container, entry.line, entry.time)
      isEmpty = next.at === next.entries.length
    }
  }
}

interface Entry {
  time: string
  line: string
}

interface Source<C> {
  container: C
  batches: AsyncGenerator<Entry[]>
  entries: Entry[]
  at: number
}

const timeOf = <C>({ entries, at }: Source<C>): string => entries[at]?.time ?? ''

/** Afterwards it has a line to give; without entries it has ended. */
async function fill<C>(source: Source<C>): Promise<void> {
  while (source.at === source.entries.length) {
    const { value, done } = await source.batches.next()
    source.at = 0
    source.entries = done ? [] : value
    if (done) return
  }
}

/** The lines that each chunk completes. */
async function* batches(stream: Readable & { headers: NodeJS.Dict<string | string[]> }): AsyncGenerator<Entry[]> {
  let ready: Entry[] = []
  const cutters = { stdout: cutEntries(entry => ready.push(entry)), stderr: cutEntries(entry => ready.push(entry)) }
  const parse = /raw-stream/.test(String(stream.headers['content-type'] ?? '')) ? undefined : frameParser()
  for await (const chunk of stream) {
    ready = []
    if (parse)
      for (const { stream: name, data } of parse(chunk)) cutters[name === 'stderr' ? name : 'stdout'].entry(data)
    else cutters.stdout.raw(chunk)
    yield ready
  }
  ready = []
  cutters.stdout.end()
  cutters.stderr.end()
  yield ready
}

/** A long line comes in pieces, each with its time: the first one's is the line's. */
function cutEntries(onEntry: (entry: Entry) => void) {
  let time = ''
  const framed = lineCutter(line => onEntry({ time, line }))
  const raw = lineCutter(line => {
    const end = line.indexOf(' ')
    onEntry({ time: line.slice(0, end), line: line.slice(end + 1) })
  })
  return {
    entry(data: Buffer) {
      const end = data.indexOf(32)
      if (framed.atLineStart()) time = data.toString('latin1', 0, end)
      framed.push(data.subarray(end + 1))
    },
    /** Of a terminal, whose entries have no frames. */
    raw: raw.push,
    end() {
      framed.end()
      raw.end()
    },
  }
}
