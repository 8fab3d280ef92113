// A Dockerfile: what stands before the first stage, and the stages.
import { ComposeError } from '../../../shared/errors.ts'
import { withExcerpt } from './excerpt.ts'
import { flagOf, type Instruction, readInstruction } from './instruction.ts'
import { readLines } from './lines.ts'

export interface Dockerfile {
  /** The name that errors give. */
  file: string
  escapeToken: string
  directives: Map<string, string>
  /** Global arguments, known to every FROM. */
  globals: Instruction[]
  stages: Stage[]
  /** The lines of the file, for errors that show some. */
  text: string
}

export interface Stage {
  index: number
  /** In small letters; undefined where it has none. */
  name: string | undefined
  /** An image or a stage, variables not yet replaced. */
  base: string
  platform: string | undefined
  from: Instruction
  instructions: Instruction[]
}

/** Throws with the place, and with the lines there as `details.source`. */
export function parseDockerfile(text: string, file: string): Dockerfile {
  try {
    return parse(text, file)
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error
    const line = /:(\d+)$/.exec(error.path ?? '')?.[1]
    const where = line === undefined ? '' : `dockerfile parse error on line ${line}: `
    const { path, hint } = error
    const known = withExcerpt(error, { file, text })
    const details = known instanceof ComposeError ? known.details : undefined
    throw new ComposeError(error.code, `${where}${error.message}`, { path, hint, details, cause: error })
  }
}

function parse(text: string, file: string): Dockerfile {
  const { directives, escapeToken, lines } = readLines(text, file)
  const globals: Instruction[] = []
  const stages: Stage[] = []
  for (const line of lines) {
    const instruction = readInstruction(line, file)
    const stage = stages.at(-1)
    if (instruction.keyword === 'FROM') stages.push(readFrom(instruction, stages, file))
    else if (stage) stage.instructions.push(instruction)
    else if (instruction.keyword === 'ARG') globals.push(instruction)
    else
      throw new ComposeError('invalid_argument', 'no build stage in current context', {
        path: `${file}:${line.first}`,
        hint: `only ARG may stand before the first FROM, not ${instruction.keyword}`,
      })
  }
  if (stages.length === 0)
    throw new ComposeError('invalid_argument', 'the Dockerfile has no stage', {
      path: file,
      hint: lines.length === 0 ? 'it is empty' : 'a stage begins with FROM',
    })
  return { file, escapeToken, directives, globals, stages, text }
}

function readFrom(instruction: Instruction, before: readonly Stage[], file: string): Stage {
  const [base = '', as, name, ...more] = instruction.text.split(/\s+/)
  const path = `${file}:${instruction.first}`
  if (more.length > 0 || (as !== undefined && (as.toUpperCase() !== 'AS' || name === undefined)))
    throw new ComposeError('invalid_argument', 'FROM requires either one or three arguments', {
      path,
      hint: 'FROM image, or FROM image AS name',
    })
  if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/i.test(name))
    throw new ComposeError(
      'invalid_argument',
      `invalid name for build stage: "${name}", name can't start with a number or contain symbols`,
      { path },
    )
  return {
    index: before.length,
    name: name?.toLowerCase(),
    base,
    platform: flagOf(instruction, 'platform'),
    from: instruction,
    instructions: [],
  }
}
