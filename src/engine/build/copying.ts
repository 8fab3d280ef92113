// Copies by a thread that knows both places: its root is the destination.
import { Worker } from 'node:worker_threads'
import { ComposeError, messageOf } from '../../shared/errors.ts'
import type { CopyAnswer, CopyTask } from '../chrooted/copy.worker.ts'

export interface Copied {
  /** Where one was asked for. */
  digest: string | undefined
  /** How the source's files looked. */
  stamp: string
}

export function copyIn(file: URL, workerData: CopyTask): Promise<Copied> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData })
    worker.once('message', (answer: CopyAnswer) => {
      if ('digest' in answer) resolve(answer)
      else reject(new ComposeError(answer.code ?? 'internal', answer.error, { hint: answer.hint }))
    })
    worker.once('error', error => reject(new ComposeError('internal', messageOf(error), { cause: error })))
    worker.once('exit', () => reject(new ComposeError('internal', 'the thread that copies ended without an answer')))
  })
}

export interface DigestReader {
  digest(task: CopyTask): Promise<Copied>
}

/** Milliseconds that a thread waits for the next question: one build asks several. */
const patience = 5000

/** Digests by threads that stay for a while: to start one takes longer than most digests. */
export function createDigestReader(file: URL): DigestReader {
  const idle: { worker: Worker; end: NodeJS.Timeout }[] = []
  const leave = (worker: Worker) => {
    const at = idle.findIndex(one => one.worker === worker)
    if (at >= 0) idle.splice(at, 1)
  }
  return {
    digest(task) {
      const waiting = idle.pop()
      clearTimeout(waiting?.end)
      const worker = waiting?.worker ?? new Worker(file)
      worker.ref()
      return new Promise((resolve, reject) => {
        worker.removeAllListeners()
        worker.once('message', (answer: CopyAnswer) => {
          const end = setTimeout(() => {
            leave(worker)
            void worker.terminate()
          }, patience)
          end.unref()
          worker.unref()
          idle.push({ worker, end })
          if ('digest' in answer) resolve(answer)
          else reject(new ComposeError(answer.code ?? 'internal', answer.error, { hint: answer.hint }))
        })
        worker.once('error', error => reject(new ComposeError('internal', messageOf(error), { cause: error })))
        worker.once('exit', () => {
          leave(worker)
          reject(new ComposeError('internal', 'the thread that reads ended without an answer'))
        })
        worker.postMessage(task)
      })
    },
  }
}
