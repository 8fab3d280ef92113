// Errors of YAML text, in the words that Compose users know from their search engine.
import { ComposeError, type ComposeErrorOptions } from '../errors.ts'
import type { Mark } from './mark.ts'

type Stage = 'reader' | 'scanner' | 'parser' | 'composer' | 'constructor'

/** The sentence is go-yaml's; `path` is `line:column`, to which the loader adds the file. */
export function yamlError(
  stage: Stage,
  problem: string,
  mark: Mark | undefined,
  context?: { message: string; mark: Mark },
): ComposeError {
  const where = mark === undefined ? '<unknown position>' : spot(mark)
  const sentence =
    context === undefined || mark === undefined
      ? `go-yaml load error in ${stage} at ${where}: ${problem}`
      : `go-yaml load error in ${stage} (${context.message}) at ${range(context.mark, mark)}: ${problem}`
  return new ComposeError('invalid_argument', sentence, { path: mark && `${mark.line + 1}:${mark.column + 1}` })
}

/** An error of a well-formed document; `start` is where the document begins. */
export function constructError(
  problem: string,
  start: Mark,
  at: Mark,
  options: ComposeErrorOptions = {},
): ComposeError {
  return new ComposeError('invalid_argument', `yaml: construct errors: line ${start.line + 1}: ${problem}`, {
    path: `${at.line + 1}:${at.column + 1}`,
    ...options,
  })
}

function spot(mark: Mark): string {
  return `L${mark.line + 1}.C${mark.column + 1}`
}

function range(from: Mark, to: Mark): string {
  if (from.line !== to.line) return `${spot(from)}-${spot(to)}`
  return from.column === to.column ? spot(from) : `${spot(from)}-C${to.column + 1}`
}
