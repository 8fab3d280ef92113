// A line at the bottom of the terminal that stays there: whatever is written goes above it.
// It stands in the writes of the streams themselves, since warnings, progress and logs come from many places, and one
// that went past it would leave a copy of the line behind.
import { stripVTControlCharacters } from 'node:util'

export interface Footer {
  /** Plain or coloured, one line; it is cut at the width of the terminal. */
  show(text: string): void
  /** Takes the line away, and gives the streams their own writes back. */
  close(): void
}

export interface TerminalStream {
  isTTY?: boolean
  columns?: number
  write(chunk: string | Uint8Array, ...rest: never[]): boolean
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

const erased = '\r\x1b[2K'
const newline = 0x0a

/** `terminal` is what it is drawn on; `others` end on the same terminal where they are one. */
export function openFooter(terminal: TerminalStream, others: readonly TerminalStream[] = []): Footer {
  let text = ''
  let drawn = false
  const streams = [terminal, ...others.filter(({ isTTY }) => isTTY)]
  const own = streams.map(stream => stream.write)
  const put = (bytes: string) => own[0]?.call(terminal, bytes)
  const line = () => cut(text, terminal.columns ?? 0)
  const redraw = () => {
    if (drawn) put(erased + line())
  }
  const take = (stream: TerminalStream, write: TerminalStream['write']) => {
    stream.write = (chunk, ...rest) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
      if (bytes.length === 0) return write.call(stream, bytes, ...rest)
      const before = drawn ? erased : ''
      // Behind a line that is not finished yet there is no room.
      drawn = bytes.at(-1) === newline
      const whole = Buffer.concat([Buffer.from(before), bytes, Buffer.from(drawn ? line() : '')])
      return write.call(stream, whole, ...rest)
    }
  }
  streams.forEach((stream, index) => {
    const write = own[index]
    if (write) take(stream, write)
  })
  terminal.on('resize', redraw)
  return {
    show(next) {
      text = next
      drawn = true
      put(erased + line())
    },
    close() {
      terminal.off('resize', redraw)
      if (drawn) put(erased)
      drawn = false
      streams.forEach((stream, index) => {
        const write = own[index]
        if (write) stream.write = write
      })
    },
  }
}

/** Colours take no room. A cut line loses its colours: where they end is not looked for. */
function cut(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text)
  return columns === 0 || plain.length < columns ? text : plain.slice(0, Math.max(0, columns - 1))
}
