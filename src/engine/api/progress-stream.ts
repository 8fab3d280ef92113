// Progress of what takes long, as JSON messages in the answer's body.
import { messageOf } from '../../shared/errors.ts'
import { createQueue } from './queue.ts'
import type { Reply } from './router.ts'

/** As Docker Engine writes them. */
export async function* messages(list: Iterable<object> | AsyncIterable<object>): AsyncGenerator<Buffer> {
  for await (const message of list) yield Buffer.from(`${JSON.stringify(message)}\r\n`)
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
  return { stream: messages(queue.items()), contentType: 'application/json' }
}

/** What an error in the middle of a stream looks like to Docker's clients. */
const streamError = (error: unknown) => ({ errorDetail: { message: messageOf(error) }, error: messageOf(error) })
