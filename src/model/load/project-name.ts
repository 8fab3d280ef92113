// The project's name: -p, COMPOSE_PROJECT_NAME, `name:` of a file, the folder's name; in this order.
import { posix } from 'node:path'
import { ComposeError } from '../../shared/errors.ts'
import type { Node } from '../../shared/yaml/node.ts'
import { parseDocuments } from '../../shared/yaml/parser.ts'
import { treeOf } from '../../shared/yaml/tree.ts'
import type { InputFile, Warn } from '../files/context.ts'
import type { Lookup } from '../files/template.ts'
import { interpolate } from '../stages/interpolate.ts'

export interface NameInput {
  /** -p; empty counts as not given. */
  flag: string
  environment: Readonly<Record<string, string>>
  workingDir: string
  /** In order. */
  files: readonly InputFile[]
  lookup: Lookup
  /** Variables in the files' names stay text. */
  uninterpolated: boolean
  /** The files' names are taken as they are, instead of being made valid. */
  verbatim: boolean
  warn: Warn
}

export function projectNameOf(input: NameInput): string {
  const { flag, environment, files } = input
  if (flag !== '') return checked(flag)
  const variable = environment.COMPOSE_PROJECT_NAME
  if (variable !== undefined && variable !== '') return checked(variable)
  const written = files.flatMap(({ name: file, text = '' }) => namesIn(text).map(name => ({ file, name })))
  const last = written.findLast(({ name }) => name !== '')
  // A name in a file keeps the folder's from being used, even if nothing of it is left.
  if (last === undefined) return normalizeName(posix.basename(input.workingDir))
  const name = input.uninterpolated ? last.name : interpolated(last.name, last.file, input)
  return input.verbatim ? name : normalizeName(name)
}

function interpolated(name: string, file: string, { lookup, warn }: NameInput): string {
  const tree = treeOf([['name', name]])
  interpolate(tree, lookup, sentence => warn(sentence, { file, path: 'name' }))
  return String(tree.name)
}

/** The names of a file's documents; what does not parse will be told when the file is loaded. */
function namesIn(text: string): string[] {
  if (!/(?:^|[\s{,"'])name/.test(text)) return []
  const names: string[] = []
  try {
    for (const document of parseDocuments(text.replace(/^\ufeff/, ''))) names.push(nameOf(document))
  } catch {
    return names
  }
  return names
}

function nameOf(document: Node): string {
  if (document.kind !== 'mapping') return ''
  for (let i = 0; i < document.items.length; i += 2) {
    const [key, value] = [document.items[i], document.items[i + 1]]
    if (key?.kind !== 'scalar' || key.value !== 'name') continue
    const target = value?.kind === 'alias' ? value.target : value
    if (target?.kind !== 'scalar') return ''
    return target.plain && target.tag === '' && /^(?:|~|null|Null|NULL)$/.test(target.value) ? '' : target.value
  }
  return ''
}

function checked(name: string): string {
  if (name === normalizeName(name)) return name
  throw new ComposeError(
    'invalid_argument',
    `invalid project name ${JSON.stringify(name)}: must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
    { hint: `Use ${JSON.stringify(normalizeName(name) || 'project')} instead.` },
  )
}

/** Lower case, without what a name can't have. */
function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
}
