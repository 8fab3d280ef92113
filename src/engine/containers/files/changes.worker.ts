// A thread that compares a container's files with its image's, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../../shared/errors.ts'
import { type ChangedPath, changedPaths } from './changed-paths.ts'

export interface ChangesTask {
  upper: string
  lowers: readonly string[]
}

export type ChangesAnswer = { paths: ChangedPath[] } | { error: string }

function answer(): ChangesAnswer {
  // Only changesOf() starts this file.
  const { upper, lowers } = workerData as ChangesTask
  try {
    return { paths: changedPaths(upper, lowers) }
  } catch (error) {
    return { error: messageOf(error) }
  }
}

parentPort?.postMessage(answer())
