// The logs of several containers as one, by the times at which the engine took their lines. Nothing is held but what
// has been read of each: who is far behind in time is read first.
import type { Readable } from 'node:stream'
import type { LogOptions } from '../../docker/client/container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { frameCutter } from '../../docker/protocol/frames.ts'
import type { ComposeError } from '../../shared/errors.ts'
import { isUnreadable, lineCutter } from './log-streams.ts'

export interface MergedLogsOptions<C extends { id: string }> {
  containers: readonly C[]
  window: Pick<LogOptions, 'since' | 'until' | 'tail' | 'history' | 'abortSignal'>
  /** `time` as the engine wrote it: RFC 3339 with nanoseconds, UTC. */
  onLine(container: C, line: string, time: string): void
  /** After a while of lines; no more come before it settles. */
  onPause?(): Promise<void>
  /** Its logging driver keeps nothing that could be read. */
  onUnreadable(container: C, error: ComposeError): void
}

/** Settles at the end of all logs. Lines of one time come in the order of the containers. */
export async function mergedLogs<C extends { id: string }>(
  docker: Docker,
  { containers, window, onLine, onPause, onUnreadable }: MergedLogsOptions<C>,
): Promise<void> {
  const open = async (container: C): Promise<Source<C>[]> => {
    try {
      const log = docker.getContainer(container.id)
      const stream = await log.logs({ stdout: true, stderr: true, timestamps: true, ...window })
      return [{ container, chunks: chunksOf(stream), entries: undefined, head: undefined }]
    } catch (error) {
      if (!isUnreadable(error)) throw error
      onUnreadable(container, error)
      return []
    }
  }
  let sources = (await Promise.all(containers.map(open))).flat()
  for (;;) {
    await Promise.all(sources.map(fill))
    sources = sources.filter(({ head }) => head !== undefined)
    if (sources.length === 0) return
    // As long as each has a line, the earliest of them is the next of all.
    for (let isEmpty = false; !isEmpty; ) {
      const next = sources.reduce((first, source) => (timeOf(source) < timeOf(first) ? source : first))
      if (next.head) onLine(next.container, next.head.line, next.head.time)
      isEmpty = !advance(next)
    }
    await onPause?.()
  }
}

interface Entry {
  time: string
  line: string
}

/** Of each only the next line is cut out of what was read: thousands of strings that wait cost more than the text. */
interface Source<C> {
  container: C
  chunks: AsyncGenerator<Iterator<Entry>>
  entries: Iterator<Entry> | undefined
  head: Entry | undefined
}

const timeOf = <C>({ head }: Source<C>): string => head?.time ?? ''

/** False when what was read is used up. */
function advance<C>(source: Source<C>): boolean {
  const next = source.entries?.next()
  source.head = next?.done ? undefined : next?.value
  return source.head !== undefined
}

/** Afterwards it has a line to give; without one it has ended. */
async function fill<C>(source: Source<C>): Promise<void> {
  while (source.head === undefined) {
    const { value, done } = await source.chunks.next()
    if (done) return
    source.entries = value
    advance(source)
  }
}

/** The lines that each chunk completes. */
async function* chunksOf(
  stream: Readable & { headers: NodeJS.Dict<string | string[]> },
): AsyncGenerator<Iterator<Entry>> {
  const ready: Entry[] = []
  const cutters = { stdout: cutEntries(entry => ready.push(entry)), stderr: cutEntries(entry => ready.push(entry)) }
  const cut = /raw-stream/.test(String(stream.headers['content-type'] ?? '')) ? undefined : frameCutter()
  const completed = function* (chunk: Buffer): Generator<Entry> {
    if (!cut) cutters.stdout.raw(chunk)
    else
      for (const { stream: name, data } of cut(chunk)) {
        cutters[name === 'stderr' ? name : 'stdout'].entry(data)
        yield* ready.splice(0)
      }
    yield* ready.splice(0)
  }
  for await (const chunk of stream) yield completed(chunk)
  cutters.stdout.end()
  cutters.stderr.end()
  yield ready.values()
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
