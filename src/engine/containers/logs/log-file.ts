// The log that conmon writes, line by line: `<time> <stdout|stderr> <F|P> <text>`; P is a piece of a line whose
// rest follows, or never comes.
import { closeSync, fstatSync, openSync, readSync, statSync, watch, writeSync } from 'node:fs'
import { isErrno } from '../../../shared/errors.ts'
import { rfc3339Nano } from '../../../shared/moment.ts'
import { isReplaced, type LogFile, openAfter, openLogFiles } from './rotated-files.ts'

export interface LogEntry {
  /** RFC 3339 with nanoseconds, UTC. Worked out when it is asked for: most readers of a long log don't. */
  readonly time: string
  stream: 'stdout' | 'stderr'
  /** With its line end, unless it is a piece. */
  text: Buffer
}

export interface LogRange {
  /** Only the last so many lines. */
  tail?: number | undefined
  /** Only entries at or after, and before, these moments, in nanoseconds since 1970. */
  since?: bigint | undefined
  until?: bigint | undefined
  /** Bytes from which on to read. */
  offset?: number | undefined
  /** Bytes before which nothing is read, whatever else is asked for. */
  from?: number | undefined
}

const chunkSize = 256 * 1024

/** The entries of a log and of the files that it was before; with `follow` also those that come until that signal fires. */
export async function* readLog(path: string, range: LogRange, follow?: AbortSignal): AsyncGenerator<LogEntry[]> {
  const files = openLogFiles(path)
  // Nothing was ever written, or the driver is none.
  if (files.length === 0) return
  let changes = follow ? watchFile(path, follow) : undefined
  // What is written after the signal belongs to the container's next life.
  let end: { ino: number; size: number } | undefined
  const settleEnd = () => {
    end = statSync(path, { throwIfNoEntry: false })
  }
  follow?.addEventListener('abort', settleEnd, { once: true })
  if (follow?.aborted) settleEnd()
  try {
    let { index, position } = begin(files, range)
    let rest: Buffer = Buffer.alloc(0)
    const within = timeFilter(range)
    for (let isLeft = false; ; ) {
      const file = files[index]
      if (!file) return
      // Before reading, so that what is written until the end was told is read too.
      const last = !follow || follow.aborted
      const size = file.ino === end?.ino ? end.size : Number.POSITIVE_INFINITY
      const chunk = Buffer.allocUnsafe(chunkSize)
      const count = readSync(file.fd, chunk, 0, Math.max(0, Math.min(chunk.length, size - position)), position)
      if (count > 0) {
        position += count
        const all = Buffer.concat([rest, chunk.subarray(0, count)])
        const stop = all.lastIndexOf(10) + 1
        rest = Buffer.from(all.subarray(stop))
        const entries = parseEntries(all.subarray(0, stop)).filter(within)
        if (entries.length > 0) yield entries
        continue
      }
      const isNewest = index === files.length - 1
      if (isNewest && follow && file.ino !== end?.ino && isReplaced(path, file)) {
        // What came before it was replaced is read first: afterwards nothing more comes.
        if (!isLeft) {
          isLeft = true
          continue
        }
        changes?.close()
        changes = watchFile(path, follow)
        files.push(...openAfter(path, file))
      } else if (isNewest) {
        if (last || !changes) return
        await changes.next()
        continue
      }
      isLeft = false
      index++
      position = 0
    }
  } finally {
    follow?.removeEventListener('abort', settleEnd)
    changes?.close()
    for (const { fd } of files) closeSync(fd)
  }
}

/** Where to read from. */
function begin(files: readonly LogFile[], { offset, tail, from = 0 }: LogRange): { index: number; position: number } {
  const newest = files.length - 1
  if (offset !== undefined) return { index: newest, position: Math.max(offset, from) }
  let left = tail ?? Number.POSITIVE_INFINITY
  for (let index = tail === undefined ? 0 : newest; index > 0; index--) {
    const found = findTail(files[index]?.fd ?? -1, left)
    if (found.offset > 0 || found.lines === left) return { index, position: found.offset }
    left -= found.lines
  }
  const wanted = tail === undefined ? 0 : findTail(files[0]?.fd ?? -1, left).offset
  return { index: 0, position: newest === 0 ? Math.max(wanted, from) : wanted }
}

function parseEntries(bytes: Buffer): LogEntry[] {
  const entries: LogEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at)
    const first = bytes.indexOf(32, at)
    const second = bytes.indexOf(32, first + 1)
    if (end < 0) break
    if (first > 0 && second > first && second < end) {
      const whole = bytes[second + 1] === 70
      // The fourth letter tells stdout from stderr.
      const stream = bytes[first + 4] === 0x65 ? 'stderr' : 'stdout'
      entries.push(new Entry(bytes.subarray(at, first), stream, bytes.subarray(second + 3, whole ? end + 1 : end)))
    }
    at = end + 1
  }
  return entries
}

class Entry implements LogEntry {
  readonly stream: 'stdout' | 'stderr'
  readonly text: Buffer
  readonly #time: Buffer

  constructor(time: Buffer, stream: 'stdout' | 'stderr', text: Buffer) {
    this.#time = time
    this.stream = stream
    this.text = text
  }

  get time(): string {
    return utc(this.#time.toString('latin1'))
  }
}

/** conmon writes local time with an offset. */
function utc(time: string): string {
  const match = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time)
  if (!match) return time
  const [, head = '', fraction = '', zone = 'Z'] = match
  const whole = zone === 'Z' || zone === '+00:00' ? head : new Date(`${head}${zone}`).toISOString().slice(0, 19)
  return `${whole}.${fraction.padEnd(9, '0')}Z`
}

function timeFilter({ since, until }: LogRange): (entry: LogEntry) => boolean {
  const [from, to] = [since, until].map(time => (time === undefined ? undefined : rfc3339Nano(time)))
  if (from === undefined && to === undefined) return () => true
  return ({ time }) => (from === undefined || time >= from) && (to === undefined || time <= to)
}

/** How many lines there are, at most `most`. */
export function lastLines(path: string, most: number): number {
  const files = openLogFiles(path)
  try {
    return files.reduceRight((lines, { fd }) => (lines < most ? lines + findTail(fd, most - lines).lines : lines), 0)
  } finally {
    for (const { fd } of files) closeSync(fd)
  }
}

/** Where the last `count` lines begin, found from the end, so that a huge log costs no more than its tail. */
function findTail(fd: number, count: number): { offset: number; lines: number } {
  const { size } = fstatSync(fd)
  if (count <= 0) return { offset: size, lines: 0 }
  let lines = 0
  let end = size
  let carry: Buffer = Buffer.alloc(0)
  while (end > 0) {
    const start = Math.max(0, end - chunkSize)
    const chunk = Buffer.allocUnsafe(end - start)
    readSync(fd, chunk, 0, chunk.length, start)
    const all = Buffer.concat([chunk, carry])
    // Lines are looked at from the last one back; the first of the chunk may begin before it.
    let lineEnd = all.length
    while (lineEnd > 0) {
      const lineStart = all.lastIndexOf(10, lineEnd - 2) + 1
      if (lineStart === 0 && start > 0) break
      // A piece counts as a line only where its rest never came.
      const isLast = start + lineEnd === size
      if (isWhole(all.subarray(lineStart, lineEnd)) || isLast) {
        if (lines === count) return { offset: start + lineEnd, lines }
        lines++
      }
      lineEnd = lineStart
    }
    carry = Buffer.from(all.subarray(0, lineEnd))
    end = start
  }
  return { offset: 0, lines }
}

function isWhole(line: Buffer): boolean {
  const first = line.indexOf(32)
  return line[line.indexOf(32, first + 1) + 1] === 70
}

/** Ends the line in which a killed conmon was interrupted, so that the next one begins with its own. */
export function endLastLine(path: string): void {
  let fd: number
  try {
    fd = openSync(path, 'r+')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    const last = Buffer.alloc(1)
    if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) writeSync(fd, '\n', size)
  } finally {
    closeSync(fd)
  }
}

interface Changes {
  /** Resolves after something was written, at once if it was since the last call. */
  next(): Promise<void>
  close(): void
}

function watchFile(path: string, end: AbortSignal): Changes {
  let wake: (() => void) | undefined
  let changed = false
  const notify = () => {
    changed = true
    wake?.()
  }
  const stop = watchOrPoll(path, notify)
  end.addEventListener('abort', notify)
  return {
    async next() {
      if (!changed) await new Promise<void>(resolve => (wake = resolve))
      wake = undefined
      changed = false
    },
    close() {
      end.removeEventListener('abort', notify)
      stop()
    },
  }
}

const pollInterval = 100

/** A host without an inotify watch to spare is looked at instead. */
function watchOrPoll(path: string, notify: () => void): () => void {
  try {
    const watcher = watch(path, notify)
    watcher.on('error', notify)
    return () => watcher.close()
  } catch {
    const timer = setInterval(notify, pollInterval)
    return () => clearInterval(timer)
  }
}
