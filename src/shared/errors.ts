// The one error of the project. A layer that can add what the object was, where it stands and what to
// do about it wraps the cause; nothing else is thrown on purpose.

/** containerd's error classes (containerd/errdefs), the vocabulary shared by CLI, scheduler and engine. */
export type ErrorCode =
  | 'not_found'
  | 'invalid_argument'
  | 'conflict'
  | 'already_exists'
  | 'failed_precondition'
  | 'permission_denied'
  | 'not_implemented'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'canceled'
  | 'unknown'
  | 'internal'

export interface ComposeErrorOptions {
  /** Where: a file with line and column, or the path of a key. */
  path?: string | undefined
  /** What the reader can do about it, as one sentence or command. */
  hint?: string | undefined
  /** The same for programs: plain data. */
  details?: object | undefined
  cause?: unknown
}

/**
 * `internal` means a bug of ours, `unknown` that another program has not said what its error is, every other code
 * something the reader can act upon.
 */
export class ComposeError extends Error {
  readonly code: ErrorCode
  readonly path: string | undefined
  readonly hint: string | undefined
  readonly details: object | undefined

  constructor(code: ErrorCode, message: string, options: ComposeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ComposeError'
    this.code = code
    this.path = options.path
    this.hint = options.hint
    this.details = options.details
  }
}

/** The same error with its place, unless it has one; what is none of ours stays as it is. */
export function placed(error: unknown, path: string): unknown {
  if (!(error instanceof ComposeError) || error.path !== undefined) return error
  const { code, message, hint, details } = error
  return new ComposeError(code, message, { path, hint, details, cause: error })
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** True for errors of the operating system with this `code`, such as ENOENT. */
export function isErrno(thrown: unknown, ...codes: string[]): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code))
}
