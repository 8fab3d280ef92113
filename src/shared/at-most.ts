// A stream that may not be longer than it was meant to be.
import { ComposeError } from './errors.ts'
import { memoryText } from './size-text.ts'

/** Ends with an error behind `limit` bytes. `what` has more of them, and is named. */
export async function* atMost(
  source: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    refuseLonger(size, limit, what)
    yield chunk
  }
}

export function refuseLonger(size: number, limit: number, what: string): void {
  if (size > limit) throw new ComposeError('failed_precondition', `${what} has more than ${memoryText(limit)}`)
}
