// Progress of what takes long, as JSON messages in the answer's body.
import { messageOf } from '../../shared/errors.ts'
import type { Reply } from './router.ts'

/** As Docker Engine writes them. */
export async function* messages(list: Iterable<object> | AsyncIterable<object>): AsyncGenerator<Buffer> {
  for await (const message of list) yield Buffer.from(`${JSON.stringify(message)}\r\n`)
}

/** Messages from where they arise to where they are written. */
function createQueue<T>() {
  const waiting: T[] = []
  let ended = false
  let wake: (() => void) | undefined
  return {
    push(message: T) {
      waiting.push(message)
      wake?.()
    },
    end() {
      ended = true
      wake?.()
    },
    async *messages() {
      for (;;) {
        yield* waiting.splice(0)
        if (ended && waiting.length === 0) return
        if (waiting.length === 0) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    },
  }
}

/** An answer that begins at once; what fails then is its last message. */
export function progressReply<T extends object>(
  explain: (error: unknown) => unknown,
  work: (report: (message: T) => void) => Promise<unknown>,
): Reply {
  const queue = createQueue<object>()
  work(message => queue.push(message)).then(
    () => queue.end(),
    error => {
      queue.push(streamError(explain(error)))
      queue.end()
    },
  )
  return { stream: messages(queue.messages()), contentType: 'application/json' }
}

/** What an error in the middle of a stream looks like to Docker's clients. */
const streamError = (error: unknown) => ({ errorDetail: { message: messageOf(error) }, error: messageOf(error) })
