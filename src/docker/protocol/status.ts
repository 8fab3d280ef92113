// Error class to HTTP status and back: the only place that maps one to the other, for engine and client.
import { ComposeError, type ErrorCode, messageOf } from '../../shared/errors.ts'

/** Of codes with one status the first is what a status of another engine means. */
const statuses: Record<ErrorCode, number> = {
  invalid_argument: 400,
  failed_precondition: 400,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  already_exists: 409,
  canceled: 499,
  unknown: 500,
  internal: 500,
  not_implemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
}

export const statusOf = (error: unknown): number => (error instanceof ComposeError ? statuses[error.code] : 500)

/** 401 is a refusal too; what has no code here is unknown. */
export function codeOf(status: number): ErrorCode {
  if (status === 401) return 'permission_denied'
  // The keys are those of the record.
  const codes = Object.keys(statuses) as ErrorCode[]
  return codes.find(code => statuses[code] === status) ?? 'unknown'
}

/** One sentence for the client: the message, where it is, and what to do. */
export function textOf(error: unknown): string {
  if (!(error instanceof ComposeError)) return messageOf(error)
  return [error.message, error.hint].filter(Boolean).join(' — ')
}
