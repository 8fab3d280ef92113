// Streams of JSON values, one per line or just concatenated: events, pull and load progress.
import type { Readable } from 'node:stream'
import { ComposeError } from '../../shared/errors.ts'
import { brokenAnswer } from './broken-answer.ts'

/** Values in order. The engine ends each with a line break, so that a line is a value. */
export async function* jsonLines(source: Readable): AsyncGenerator<unknown> {
  let rest = ''
  source.setEncoding('utf8')
  for await (const chunk of unbroken(source)) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
  }
  if (rest.trim() !== '') yield JSON.parse(rest)
}

async function* unbroken(source: Readable): AsyncGenerator<string> {
  const chunks = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await chunks.next().catch(cause => {
        throw brokenAnswer(cause)
      })
      if (done) return
      yield value
    }
  } finally {
    // Who stops reading wants nothing more of it.
    await chunks.return?.()
  }
}

/** One report of a pull, a push, a load or a build. */
export interface Progress {
  status?: string
  id?: string
  stream?: string
  error?: string
  progressDetail?: { current?: number; total?: number }
  aux?: unknown
}

/** dockerode's `modem.followProgress`: reads to the end; an error in the stream is thrown with the engine's text. */
export async function followProgress(
  source: Readable,
  onProgress: (progress: Progress) => void = () => {},
): Promise<void> {
  for await (const value of jsonLines(source)) {
    // The document calls every value of these streams an object with these optional keys.
    const progress = value as Progress
    if (progress.error !== undefined) throw new ComposeError(codeOf(progress.error), progress.error)
    onProgress(progress)
  }
}

function codeOf(text: string) {
  if (/not found|manifest unknown|does not exist/.test(text)) return 'not_found'
  return /denied|unauthorized/.test(text) ? 'permission_denied' : 'unavailable'
}
