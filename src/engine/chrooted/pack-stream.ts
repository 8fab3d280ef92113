// A path of a container as a tar, packed by a thread whose root is the container's.
import { Worker } from 'node:worker_threads'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { PackMessage, PackTask } from './pack.worker.ts'
import type { FoundPath } from './path-stat.ts'

export interface Packed {
  /** Undefined: there is nothing at the path. */
  found: FoundPath | undefined
  /** Ends the thread, also when it is left early. */
  chunks: AsyncIterable<Uint8Array>
  /** Bytes of the files in it, each counted once; known when the chunks have ended. */
  size(): number | undefined
}

/** Settles when the thread has the container's root: from then on nobody can take it away. */
export async function packStream(file: URL, workerData: PackTask): Promise<Packed> {
  const worker = new Worker(file, { workerData })
  const waiting: (PackMessage | { done: true })[] = []
  let size: number | undefined
  let wake = () => {}
  const tell = (message: PackMessage | { done: true }) => {
    waiting.push(message)
    wake()
  }
  worker.on('message', tell)
  worker.once('error', error => tell({ error: messageOf(error) }))
  worker.once('exit', () => tell({ done: true }))
  const next = async () => {
    for (;;) {
      const message = waiting.shift()
      if (message) return message
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  }
  const first = await next()
  if (!('found' in first))
    throw 'error' in first
      ? new ComposeError(first.code ?? 'internal', first.error)
      : new ComposeError('internal', 'the thread that packs ended without a word')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const message = await next()
        if ('error' in message) throw new ComposeError('internal', `packing failed: ${message.error}`)
        if ('size' in message) size = message.size
        if (!('chunk' in message)) return
        yield message.chunk
        worker.postMessage('taken')
      }
    } finally {
      await worker.terminate()
    }
  }
  return { found: first.found, chunks: chunks(), size: () => size }
}
