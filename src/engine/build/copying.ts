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
