// An error as text: what, where, and what to do about it.
import { ComposeError, messageOf } from '../shared/errors.ts'

/** Lines for standard error, each with its line break. */
export function describeError(error: unknown): string {
  if (!(error instanceof ComposeError)) return `internal error: ${messageOf(error)}\n`
  const lines = [error.message]
  if (error.path !== undefined && error.path !== '') lines.push(`  at ${error.path}`)
  if (error.hint !== undefined) lines.push(...error.hint.split('\n').map(line => `  ${line}`))
  return lines.map(line => `${line}\n`).join('')
}
