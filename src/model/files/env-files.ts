// Dotenv files of a project or an include: each sees the caller's variables, and those of the files before it.
import { ComposeError } from '../../shared/errors.ts'
import { lookupIn, type Warn } from './context.ts'
import { parseDotenv } from './dotenv.ts'
import type { FileSource } from './source.ts'

/** The variables of the files; those that the caller has are in it too, but are the caller's to keep. */
export function readEnvFiles(
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
  source: FileSource,
  warn: Warn,
): Record<string, string> {
  const variables: Record<string, string> = {}
  const outer = lookupIn(environment)
  const inner = lookupIn(variables)
  for (const file of files) {
    const kind = source.kind(file)
    if (kind === 'folder') throw new ComposeError('invalid_argument', `${file} is a directory`, { path: file })
    const text = kind === undefined ? undefined : source.read(file)
    if (text === undefined) throw new ComposeError('not_found', `couldn't find env file: ${file}`, { path: file })
    parseDotenv(text, variables, { file, lookup: name => outer(name) ?? inner(name), warn })
  }
  return variables
}
