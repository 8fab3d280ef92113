// Progress around a call of the engine, and how its failure is told.
import { ComposeError } from '../../shared/errors.ts'
import type { OnProgress } from './progress.ts'

/** Tells of the beginning and the end. */
export async function told(
  onProgress: OnProgress,
  id: string,
  before: string,
  after: string,
  act: () => Promise<unknown>,
): Promise<void> {
  onProgress({ id, status: 'Working', text: before })
  await tell(onProgress, id, `Error while ${before}`, act)
  onProgress({ id, status: 'Done', text: after })
}

export async function tell(
  onProgress: OnProgress,
  id: string,
  details: string,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'canceled') throw error
    onProgress({ id, status: 'Error', text: 'Error', details })
    throw fromDaemon(error)
  }
}

/** What somebody else removed meanwhile is as it was to be: undefined. */
export async function unlessGone<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act
  } catch (error) {
    if (!(error instanceof ComposeError && error.code === 'not_found')) throw error
    return undefined
  }
}

/** The words with which Docker's tools mark what the engine said. */
export function fromDaemon(error: unknown): ComposeError {
  if (!(error instanceof ComposeError)) throw error
  if (error.code === 'canceled' || error.message.startsWith('Error response from daemon: ')) return error
  if (error.cause !== undefined && error.code === 'unavailable') return error
  return new ComposeError(error.code, `Error response from daemon: ${error.message}`, {
    cause: error,
    hint: error.hint,
  })
}

export function throwFromDaemon(error: unknown): never {
  throw fromDaemon(error)
}
