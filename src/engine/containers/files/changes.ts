// `docker diff`: what a container has changed of its image's files, found by a thread.
import { Worker } from 'node:worker_threads'
import { ComposeError } from '../../../shared/errors.ts'
import type { ChangedPath } from './changed-paths.ts'
import type { ChangesAnswer, ChangesTask } from './changes.worker.ts'

export function changesOf(file: URL, workerData: ChangesTask): Promise<ChangedPath[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData })
    worker.once('message', (answer: ChangesAnswer) => {
      if ('paths' in answer) resolve(answer.paths)
      else reject(new ComposeError('internal', `comparing a container with its image failed: ${answer.error}`))
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new ComposeError('internal', 'the thread that compares ended without an answer')))
  })
}
