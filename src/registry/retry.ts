// When a registry is asked again, and after how long.
import { setTimeout as sleep } from 'node:timers/promises'
import { ComposeError, messageOf } from '../shared/errors.ts'
import type { Answer } from './transport.ts'

/** Milliseconds before the second attempt, the third and so on; after the last one it is given up. */
const pauses = [100, 400, 1000, 2000, 4000]
/** Seconds that a registry may ask to be left alone for, and still be asked again. */
const longestWait = 20

export interface Attempts {
  /** Waits until the next attempt; false when there is to be none. */
  again(answer?: Pick<Answer, 'headers'>): Promise<boolean>
  /** What was asked for has come on: the count begins anew. */
  progressed(): void
}

export function attempts(signal: AbortSignal | undefined): Attempts {
  let made = 0
  return {
    async again(answer) {
      const own = pauses[made++]
      const asked = answer && retryAfter(answer)
      if (own === undefined || (asked !== undefined && asked > longestWait * 1000)) return false
      // Many clients that were refused at once shall not come back at once.
      const wait = Math.max(asked ?? 0, own * (0.75 + Math.random() / 2))
      await sleep(wait, undefined, signal ? { signal } : {}).catch(error => {
        signal?.throwIfAborted()
        throw error
      })
      return true
    },
    progressed() {
      made = 0
    },
  }
}

/** A server's fault, or too many requests: what may be otherwise in a moment. */
export const isPassing = (status: number): boolean =>
  status === 429 || status === 408 || (status >= 500 && status !== 501)

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110). */
export function retryAfter({ headers }: Pick<Answer, 'headers'>, now = Date.now()): number | undefined {
  const text = headers['retry-after']
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const moment = Date.parse(text)
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now)
}

/** Of content that came and was not what it should be. */
const wrongAnswers = 3

/**
 * Calls `fetchIt` until what it gives is whole: again after a cut connection, and a few times after content that does
 * not match its digest (failed_precondition).
 */
export async function untilWhole<T>(signal: AbortSignal | undefined, fetchIt: () => Promise<T>): Promise<T> {
  const tries = attempts(signal)
  for (let wrong = 0; ; ) {
    try {
      return await fetchIt()
    } catch (error) {
      signal?.throwIfAborted()
      // An error of ours has been tried often enough, but for the wrong content.
      if (error instanceof ComposeError && (error.code !== 'failed_precondition' || ++wrong === wrongAnswers))
        throw error
      if (!(await tries.again()))
        throw error instanceof ComposeError
          ? error
          : new ComposeError('unavailable', `the registry's answer was cut off: ${messageOf(error)}`, { cause: error })
    }
  }
}
