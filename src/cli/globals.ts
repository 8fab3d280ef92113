// The flags before the command, split off before oclif sees the line: it would take `-f` for a command.
import { ComposeError } from '../shared/errors.ts'
import { nearest } from '../shared/nearest.ts'
import type { FlagEntry } from './manifest.ts'

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
  noWarnings?: boolean
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

interface Row extends FlagEntry {
  target: Target | 'help' | 'version'
}

const value = (target: Target, helpValue: string, description: string, char?: string): Row => ({
  type: 'option',
  target,
  helpValue,
  description,
  ...(char ? { char } : {}),
})

const toggle = (target: Row['target'], description: string, char?: string): Row => ({
  type: 'boolean',
  target,
  description,
  ...(char ? { char } : {}),
})

/** By their long names. */
export const globalFlags: Readonly<Record<string, Row>> = {
  'all-resources': toggle(['switch', 'allResources'], 'Include all resources, even those not used by services'),
  ansi: {
    ...value(['value', 'ansi'], 'string', 'Control when to print ANSI control characters ("never"|"always"|"auto")'),
    options: ['never', 'always', 'auto'],
  },
  compatibility: toggle(['switch', 'compatibility'], 'Run compose in backward compatibility mode'),
  context: value(['value', 'context'], 'string', 'Run on the Docker Engine of this docker context', 'c'),
  debug: toggle(['switch', 'debug'], 'Show where an error comes from', 'D'),
  'dry-run': toggle(['switch', 'dryRun'], 'Print what would be done, and why, and do nothing'),
  'env-file': value(['list', 'envFiles'], 'stringArray', 'Specify an alternate environment file'),
  file: value(['list', 'files'], 'stringArray', 'Compose configuration files', 'f'),
  help: toggle('help', 'Print this page', 'h'),
  host: value(['value', 'host'], 'string', 'Run on the Docker Engine at this URL', 'H'),
  'insecure-registry': value(
    ['list', 'insecureRegistries'],
    'stringArray',
    'Registries of oci:// files that may be asked over HTTP',
  ),
  // What docker's --log-level error is to us, as its plugin.
  'no-warnings': { ...toggle(['switch', 'noWarnings'], 'Write no warnings'), hidden: true },
  parallel: value(['value', 'parallel'], 'int', 'Control max parallelism, -1 for unlimited (default -1)'),
  profile: value(['list', 'profiles'], 'stringArray', 'Specify a profile to enable'),
  progress: {
    ...value(['value', 'progress'], 'string', 'Set type of progress output (auto, tty, plain, json, quiet)'),
    options: ['auto', 'tty', 'plain', 'json', 'quiet'],
  },
  'project-directory': value(['value', 'projectDirectory'], 'string', 'Specify an alternate working directory'),
  'project-name': value(['value', 'projectName'], 'string', 'Project name', 'p'),
  tls: toggle(['switch', 'tls'], 'Use TLS; implied by --tlsverify'),
  tlscacert: value(['value', 'tlscacert'], 'string', 'Trust certs signed only by this CA'),
  tlscert: value(['value', 'tlscert'], 'string', 'Path to TLS certificate file'),
  tlskey: value(['value', 'tlskey'], 'string', 'Path to TLS key file'),
  tlsverify: toggle(['switch', 'tlsverify'], 'Use TLS and verify the remote'),
  verbose: { ...toggle(['switch', 'debug'], 'Show where an error comes from'), hidden: true },
  version: toggle('version', 'Show the version', 'v'),
  workdir: { ...value(['value', 'projectDirectory'], 'string', 'Old name of --project-directory'), hidden: true },
}

/** `-f` and `--file` alike. */
const byWord = new Map<string, Row['target']>(
  Object.entries(globalFlags).flatMap(([name, row]) => [
    [`--${name}`, row.target] as const,
    ...(row.char ? [[`-${row.char}`, row.target] as const] : []),
  ]),
)

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
    const target = byWord.get(name)
    if (target === undefined)
      throw new Error(word.startsWith('--') ? unknownFlag(name) : `unknown shorthand flag: '${word[1]}' in ${word}`)
    if (target === 'help' || target === 'version') return { globals, command: undefined, rest: words, asked: target }
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

function unknownFlag(name: string): string {
  const meant = nearest(name.slice(2), Object.keys(globalFlags))
  return `unknown flag: ${name}${meant === undefined ? '' : `\n  Did you mean --${meant}?`}`
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
  if (progress !== undefined && !['', 'auto', 'tty', 'plain', 'json', 'quiet', 'none'].includes(progress))
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
