// An answer that ends before it is whole: its reader called it off, or the engine has gone.
import { ComposeError, isErrno, messageOf } from '../../shared/errors.ts'

/** Of what reading an answer threw: `canceled`, or `unavailable` with the cause. */
export function brokenAnswer(cause: unknown): ComposeError {
  return canceledOr(
    cause,
    () => new ComposeError('unavailable', `the engine's answer broke off: ${messageOf(cause)}`, { cause }),
  )
}

export function canceledOr(cause: unknown, otherwise: () => ComposeError): ComposeError {
  if (isErrno(cause, 'ABORT_ERR')) return new ComposeError('canceled', 'canceled', { cause })
  return otherwise()
}
