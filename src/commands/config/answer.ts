// All that `config` answers: text for standard output or for the file of --output, warnings and errors, the exit code.
import { writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { describeError } from '../../ui/describe-error.ts'
import { warningLine } from '../../ui/warning-line.ts'
import type { ConfigOptions } from './options.ts'
import { renderConfig } from './render.ts'

export interface AnswerOptions extends ConfigOptions {
  /** Write to this file instead of standard output. */
  output?: string | undefined
  quiet?: boolean | undefined
  /** Writes the output file; default: the file system. */
  write?: ((path: string, content: string) => void) | undefined
}

export interface Answer {
  stdout: string
  stderr: string
  exit: number
}

/** Never throws. */
export async function configAnswer(options: AnswerOptions): Promise<Answer> {
  const warnings: string[] = []
  const stderr = () => warnings.map(warningLine).join('')
  try {
    const { text, isModel } = await renderConfig(options, warnings)
    const stdout = isModel ? printedModel(options, text) : text
    return { stdout, stderr: stderr(), exit: 0 }
  } catch (error) {
    return { stdout: '', stderr: stderr() + describeError(error), exit: 1 }
  }
}

function printedModel({ quiet, output, cwd, write = writeFile }: AnswerOptions, text: string): string {
  if (quiet) return ''
  if (!output || text === '') return text
  try {
    write(posix.resolve(cwd, output), text)
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    const sentence = `open ${output}: no such file or directory`
    throw new ComposeError('failed_precondition', sentence, { path: output, cause: error })
  }
  return ''
}

function writeFile(path: string, content: string): void {
  writeFileSync(path, content)
}
