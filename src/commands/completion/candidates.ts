// What may stand where the cursor is: from the manifest, and what only the project or the engine knows.
import { type Globals, globalFlags, splitLine } from '../../cli/globals.ts'
import { below, type CommandEntry, type FlagEntry, type Manifest } from '../../cli/manifest.ts'

export interface Candidate {
  value: string
  description?: string
}

export interface Completion {
  candidates: Candidate[]
  /** Paths of files may stand here too. */
  files: boolean
  /** What is chosen goes on: no space behind it. */
  open: boolean
}

export interface Lookups {
  services(globals: Globals): Promise<string[]>
  profiles(globals: Globals): Promise<string[]>
  projects(globals: Globals): Promise<string[]>
  /** Their names. */
  images(globals: Globals): Promise<string[]>
}

type Flags = Readonly<Record<string, FlagEntry>>

/** `words` behind the program's name; the last is what is being typed, maybe empty. */
export async function complete(words: readonly string[], manifest: Manifest, look: Lookups): Promise<Completion> {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const front = frontOf(before)
  const own = await candidatesFor(typed, before.slice(front), manifest, look, globalsOf(before.slice(0, front)))
  return { ...own, candidates: own.candidates.filter(({ value }) => value.startsWith(typed)) }
}

async function candidatesFor(
  typed: string,
  behind: readonly string[],
  manifest: Manifest,
  look: Lookups,
  front: { globals: Globals; pending: string | undefined },
): Promise<Completion> {
  const { globals, pending } = front
  if (pending !== undefined) return valuesOf(pending, globalFlags, '', globals, look)
  const entry = commandOf(behind, manifest)
  if (!entry) return behind.length === 0 ? firstWord(typed, manifest, look, globals) : nothing
  const rest = behind.slice(entry.id.split(' ').length)
  if (entry.id === 'help') return plain(listed(manifest))
  const line = walk(rest, entry.flags)
  if (line.pending !== undefined) return valuesOf(line.pending, entry.flags, '', globals, look)
  if (typed.startsWith('-')) return flagWord(typed, entry.flags, globals, look)
  const further = below(entry.id, manifest)
  if (further.length > 0) return line.words.length > 0 ? nothing : plain(further.map(one => candidateOf(one, entry.id)))
  return positional(entry, line.words, globals, look)
}

const nothing: Completion = { candidates: [], files: false, open: false }
const plain = (candidates: Candidate[]): Completion => ({ ...nothing, candidates })
const names = (values: readonly string[]): Candidate[] => values.map(value => ({ value }))

/** How many words stand before the command. */
function frontOf(before: readonly string[]): number {
  for (let at = 0; at < before.length; at++) {
    const word = before[at] ?? ''
    if (!word.startsWith('-')) return at
    if (takesNext(word, globalFlags)) at++
  }
  return before.length
}

function globalsOf(words: readonly string[]): { globals: Globals; pending: string | undefined } {
  const last = words.at(-1)
  const pending = last !== undefined ? takesNext(last, globalFlags) : undefined
  try {
    const { globals } = splitLine(pending === undefined ? words : words.slice(0, -1))
    return { globals, pending }
  } catch {
    return { globals: { files: [], envFiles: [], profiles: [], insecureRegistries: [] }, pending }
  }
}

/** The flag whose value is the next word. */
function takesNext(word: string, flags: Flags): string | undefined {
  if (word.includes('=')) return undefined
  const name = word.startsWith('--')
    ? word.slice(2)
    : // Of `-dt` the last counts.
      Object.keys(flags).find(one => flags[one]?.char !== undefined && flags[one].char === word.at(-1))
  return name !== undefined && flags[name]?.type === 'option' ? name : undefined
}

/** `alpha viz` before `alpha`. */
function commandOf(words: readonly string[], { commands }: Manifest): CommandEntry | undefined {
  if (words[0] === 'help') return { id: 'help', group: '', usage: '', description: '', examples: [], flags: {} }
  for (const length of [3, 2, 1]) {
    const entry = words.length >= length ? commands[words.slice(0, length).join(' ')] : undefined
    if (entry) return entry
  }
  return undefined
}

function listed({ commands }: Manifest): Candidate[] {
  return Object.values(commands)
    .filter(({ group, id }) => group !== '' && !id.includes(' '))
    .map(entry => candidateOf(entry))
}

/** `before`: the words that stand already. */
function candidateOf({ id, description }: CommandEntry, before = ''): Candidate {
  return { value: id.slice(before.length).trimStart(), description: description.split('\n', 1)[0] ?? '' }
}

async function firstWord(typed: string, manifest: Manifest, look: Lookups, globals: Globals): Promise<Completion> {
  return typed.startsWith('-') ? flagWord(typed, globalFlags, globals, look) : plain(listed(manifest))
}

async function flagWord(typed: string, flags: Flags, globals: Globals, look: Lookups): Promise<Completion> {
  const [, name, ahead] = /^--([^=]+)(=)/.exec(typed) ?? []
  if (name !== undefined && ahead) return valuesOf(name, flags, `--${name}=`, globals, look)
  return plain(
    Object.entries(flags)
      .filter(([, { hidden }]) => !hidden)
      .map(([flag, { description = '' }]) => ({ value: `--${flag}`, description })),
  )
}

const words = (text: string) => async () => text.split(' ')

/** Values of flags that are none of the manifest's, by the flag's name. */
const valueSources: Readonly<Record<string, (look: Lookups, globals: Globals) => Promise<string[]>>> = {
  attach: (look, globals) => look.services(globals),
  'exit-code-from': (look, globals) => look.services(globals),
  'no-attach': (look, globals) => look.services(globals),
  profile: (look, globals) => look.profiles(globals),
  'project-name': (look, globals) => look.projects(globals),
  pull: words('always missing never policy'),
  rmi: words('local all'),
  scale: async (look, globals) => (await look.services(globals)).map(name => `${name}=`),
  status: words('created dead exited paused removing restarting running'),
}

async function valuesOf(
  flag: string,
  flags: Flags,
  prefix: string,
  globals: Globals,
  look: Lookups,
): Promise<Completion> {
  const values = flags[flag]?.options ?? (await valueSources[flag]?.(look, globals))
  if (!values) return { ...nothing, files: true }
  return { ...plain(names(values.map(value => prefix + value))), open: values.some(value => value.endsWith('=')) }
}

async function positional(
  { id, usage }: CommandEntry,
  given: readonly string[],
  globals: Globals,
  look: Lookups,
): Promise<Completion> {
  if (id === 'completion') return given.length === 0 ? plain(names(['bash', 'fish', 'zsh'])) : nothing
  if (/^image /.test(id) && /\b(?:\w+_)?(?:IMAGE|NAME)\b/.test(usage))
    return plain(names((await look.images(globals)).filter(name => !given.includes(name))))
  if (!/SERVICE/.test(usage)) return { ...nothing, files: true }
  const services = await look.services(globals)
  if (/SERVICE:/.test(usage)) return { candidates: names(services.map(name => `${name}:`)), files: true, open: true }
  if (/SERVICE=/.test(usage)) return { ...plain(names(services.map(name => `${name}=`))), open: true }
  if (given.length > 0 && !/SERVICE(?:S|\.\.\.)/.test(usage)) return { ...nothing, files: true }
  return plain(names(services.filter(name => !given.includes(name))))
}

/** The words that are no flags, and the flag that the last word leaves without its value. */
function walk(line: readonly string[], flags: Flags): { words: string[]; pending: string | undefined } {
  const found: string[] = []
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? ''
    if (word === '--') return { words: [...found, ...line.slice(at + 1)], pending: undefined }
    if (!word.startsWith('-') || word === '-') {
      found.push(word)
      continue
    }
    const flag = takesNext(word, flags)
    if (flag === undefined) continue
    if (at === line.length - 1) return { words: found, pending: flag }
    at++
  }
  return { words: found, pending: undefined }
}
