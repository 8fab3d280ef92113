// An error as text: what, where, and what to do about it.
import { isAbsolute, relative } from 'node:path'
import { ComposeError, messageOf } from '../shared/errors.ts'

/** Of details that the engine gave of a build. */
interface BuildDetails {
  kind: 'build'
  instruction?: string
  output?: string[]
  source?: string[]
}

const rule = '-'.repeat(20)

/** A build's error as everybody's builder tells it: what the step wrote, the lines of the Dockerfile, the sentence. */
function buildFailure({ details, message, path, hint }: ComposeError): string | undefined {
  if (!details || !('kind' in details) || details.kind !== 'build') return undefined
  // The engine writes these, or nothing of them.
  const { instruction, output = [], source = [] } = details as BuildDetails
  const wrote = output.filter(Boolean)
  const lines = [
    ...(instruction && wrote.length > 0 ? ['------', ` > ${instruction}:`, ...wrote, '------'] : []),
    ...(path === undefined ? [] : [nearer(path)]),
    ...(source.length > 0 ? [rule, ...source, rule] : []),
    /^(?:unable to prepare context|failed to solve|no builder )/.test(message)
      ? message
      : `failed to solve: ${message}`,
    ...(hint === undefined ? [] : hint.split('\n').map(line => `  ${line}`)),
  ]
  return lines.map(line => `${line}\n`).join('')
}

/** As it is called from where the reader is. */
function nearer(path: string): string {
  const short = relative(process.cwd(), path)
  return isAbsolute(path) && short.length < path.length ? short : path
}

/** Lines for standard error, each with its line break. */
export function describeError(error: unknown): string {
  if (!(error instanceof ComposeError)) return `internal error: ${messageOf(error)}\n`
  const build = buildFailure(error)
  if (build) return build
  const lines = [error.message]
  if (error.path !== undefined && error.path !== '') lines.push(`  at ${error.path}`)
  if (error.hint !== undefined) lines.push(...error.hint.split('\n').map(line => `  ${line}`))
  return lines.map(line => `${line}\n`).join('')
}
