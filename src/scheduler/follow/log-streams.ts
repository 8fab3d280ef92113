// A container's output as whole lines, read from the engine's log: the one source for logs and for an attached up.

import type { LogOptions } from '../../docker/client/container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { frames } from '../../docker/protocol/frames.ts'
import { ComposeError } from '../../shared/errors.ts'

export type OnLine = (line: string, stream: 'stdout' | 'stderr') => void

/** Settles at the end of the log. A last line without line break is given as a line too. */
export async function streamLines(
  docker: Docker,
  id: string,
  options: LogOptions & { tty?: boolean },
  onLine: OnLine,
): Promise<void> {
  const { tty, ...log } = options
  const stream = await docker.getContainer(id).logs({ stdout: true, stderr: true, ...log })
  const cutters = {
    stdout: lineCutter(line => onLine(line, 'stdout')),
    stderr: lineCutter(line => onLine(line, 'stderr')),
  }
  // The engine says in the response's head which form it sends; older ones say nothing and the TTY decides.
  const raw = tty ?? /raw-stream/.test(String(stream.headers['content-type'] ?? ''))
  if (raw) for await (const chunk of stream) cutters.stdout.push(chunk)
  else
    for await (const { stream: name, data } of frames(stream))
      cutters[name === 'stderr' ? 'stderr' : 'stdout'].push(data)
  cutters.stdout.end()
  cutters.stderr.end()
}

/** What an engine answers for a logging driver that keeps nothing to be read. */
export const isUnreadable = (error: unknown): error is ComposeError =>
  error instanceof ComposeError && error.code === 'not_implemented'

export interface LineCutter {
  push(chunk: Buffer): void
  end(): void
  atLineStart(): boolean
}

export function lineCutter(onLine: (line: string) => void): LineCutter {
  const decoder = new TextDecoder()
  let rest = ''
  /** The decoder holds no part of a character. */
  let whole = true
  return {
    push(chunk) {
      const isWhole = chunk.at(-1) === 10
      // Most chunks are whole lines, and a Buffer makes a string of them sooner than a decoder.
      const text = whole && isWhole ? chunk.toString('utf8') : decoder.decode(chunk, { stream: true })
      whole = isWhole
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    },
    atLineStart: () => rest === '',
    end() {
      if (!whole) rest += decoder.decode()
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
