// The flags before the command, split off before oclif sees the line: it would take `-f` for a command.
import { ComposeError } from '../shared/errors.ts'

export interface Globals {
  files: string[]
  projectName?: string
  projectDirectory?: string
  envFiles: string[]
  profiles: string[]
  /** Of `oci://` files, not of images. */
  insecureRegistries: string[]
  ansi?: string
  progress?: string
  parallel?: string
  host?: string
  context?: string
  tlscacert?: string
  tlscert?: string
  tlskey?: string
  tls?: boolean
  tlsverify?: boolean
  allResources?: boolean
  compatibility?: boolean
  dryRun?: boolean
  debug?: boolean
}

export interface SplitLine {
  globals: Globals
  /** Undefined: none was given. */
  command: string | undefined
  rest: string[]
  /** What stood instead of a command. */
  asked?: 'help' | 'version'
}

type Target = {
  [K in keyof Globals]-?: Globals[K] extends string[]
    ? ['list', K]
    : Globals[K] extends boolean | undefined
      ? ['switch', K]
      : ['value', K]
}[keyof Globals]

const flags: Record<string, Target | 'help' | 'version' | 'ignored'> = {
  '-f': ['list', 'files'],
  '--file': ['list', 'files'],
  '-p': ['value', 'projectName'],
  '--project-name': ['value', 'projectName'],
  '--project-directory': ['value', 'projectDirectory'],
  '--workdir': ['value', 'projectDirectory'],
  '--env-file': ['list', 'envFiles'],
  '--profile': ['list', 'profiles'],
  '--insecure-registry': ['list', 'insecureRegistries'],
  '--ansi': ['value', 'ansi'],
  '--progress': ['value', 'progress'],
  '--parallel': ['value', 'parallel'],
  '-H': ['value', 'host'],
  '--host': ['value', 'host'],
  '-c': ['value', 'context'],
  '--context': ['value', 'context'],
  '--tls': ['switch', 'tls'],
  '--tlsverify': ['switch', 'tlsverify'],
  '--tlscacert': ['value', 'tlscacert'],
  '--tlscert': ['value', 'tlscert'],
  '--tlskey': ['value', 'tlskey'],
  '--all-resources': ['switch', 'allResources'],
  '--compatibility': ['switch', 'compatibility'],
  '--dry-run': ['switch', 'dryRun'],
  '-D': ['switch', 'debug'],
  '--debug': ['switch', 'debug'],
  '--verbose': ['switch', 'debug'],
  '-v': 'version',
  '--version': 'version',
  '-h': 'help',
  '--help': 'help',
}

/** Throws an Error with the text that Docker Compose has for a wrong flag. */
export function splitLine(argv: readonly string[]): SplitLine {
  const globals: Globals = { files: [], envFiles: [], profiles: [], insecureRegistries: [] }
  const words = [...argv]
  while (words.length > 0) {
    const word = words[0] ?? ''
    if (!word.startsWith('-') || word === '-') break
    words.shift()
    if (word === '--no-ansi') {
      globals.ansi = 'never'
      continue
    }
    const [name, inline] = nameAndValue(word)
    const target = flags[name]
    if (target === undefined)
      throw new Error(
        word.startsWith('--') ? `unknown flag: ${name}` : `unknown shorthand flag: '${word[1]}' in ${word}`,
      )
    if (target === 'help' || target === 'version') return { globals, command: undefined, rest: words, asked: target }
    if (target === 'ignored') continue
    if (target[0] === 'switch') {
      globals[target[1]] = inline !== 'false'
      continue
    }
    const value = inline ?? words.shift()
    if (value === undefined)
      throw new Error(`flag needs an argument: ${name.startsWith('--') ? name : `'${name[1]}' in ${name}`}`)
    if (target[0] === 'list') globals[target[1]].push(value)
    else globals[target[1]] = value
  }
  const [command, ...rest] = words
  return { globals, command, rest }
}

/** `--file=x`, `-fx`, `-f=x` */
function nameAndValue(word: string): [name: string, value: string | undefined] {
  if (word.startsWith('--')) {
    const at = word.indexOf('=')
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
  }
  return word.length > 2 ? [word.slice(0, 2), word.slice(2).replace(/^=/, '')] : [word, undefined]
}

/** Words that no command can make sense of, in Docker Compose's sentences. */
export function checkGlobals(globals: Globals, env: Readonly<Record<string, string | undefined>>): void {
  parallelLimit(globals, env)
  const { progress } = globals
  if (progress !== undefined && !['', 'auto', 'tty', 'plain', 'json', 'quiet'].includes(progress))
    throw new ComposeError('invalid_argument', `unsupported --progress value "${progress}"`, {
      hint: 'It is auto, tty, plain, json or quiet.',
    })
}

/** --parallel, else COMPOSE_PARALLEL_LIMIT; below 1 there is no limit. */
export function parallelLimit({ parallel }: Globals, env: Readonly<Record<string, string | undefined>>): number {
  if (parallel !== undefined) {
    if (/^[+-]?\d+$/.test(parallel)) return Number(parallel)
    throw new ComposeError(
      'invalid_argument',
      `invalid argument "${parallel}" for "--parallel" flag: strconv.ParseInt: parsing "${parallel}": invalid syntax`,
    )
  }
  const limit = env.COMPOSE_PARALLEL_LIMIT
  if (limit === undefined || limit === '') return -1
  if (/^[+-]?\d+$/.test(limit)) return Number(limit)
  throw new ComposeError('invalid_argument', `COMPOSE_PARALLEL_LIMIT must be an integer (found: "${limit}")`)
}
