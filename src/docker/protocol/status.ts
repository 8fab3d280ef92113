// Error class to HTTP status: the only place that maps one to the other.
import { ComposeError, type ErrorCode, messageOf } from '../../shared/errors.ts'

const statuses: Record<ErrorCode, number> = {
  invalid_argument: 400,
  failed_precondition: 400,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  already_exists: 409,
  not_implemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
  canceled: 499,
  internal: 500,
}

export const statusOf = (error: unknown): number => (error instanceof ComposeError ? statuses[error.code] : 500)

/** One sentence for the client: the message, where it is, and what to do. */
export function textOf(error: unknown): string {
  if (!(error instanceof ComposeError)) return messageOf(error)
  return [error.message, error.hint].filter(Boolean).join(' — ')
}
