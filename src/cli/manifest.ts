// What the build writes down of each command, in the form of oclif's manifest: help, completion and the nearest name
// are answered from it, without the code of any command.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Manifest {
  /** By id: `up`, `alpha viz`. */
  commands: Record<string, CommandEntry>
}

export interface CommandEntry {
  id: string
  /** A heading of the list of commands; a command without one is not listed. */
  group: string
  /** Behind the id in the usage line. */
  usage: string
  description: string
  examples: Example[]
  flags: Record<string, FlagEntry>
}

export interface Example {
  /** Behind the program's name. */
  command: string
  description: string
}

export interface FlagEntry {
  type: 'boolean' | 'option'
  char?: string
  description?: string
  hidden?: boolean
  /** What the value is called; by it a reader knows a list from a number. */
  helpValue?: string
  /** A heading among the flags. */
  helpGroup?: string
  default?: string | number | boolean
  /** The only values there are. */
  options?: string[]
}

/** The part of a command's class that its entry is made of. */
export interface Described {
  id: string
  group: string
  usage: string
  description?: string | undefined
  examples: unknown
  flags: Readonly<Record<string, DescribedFlag>>
}

interface DescribedFlag {
  type: string
  char?: string | undefined
  description?: string | undefined
  hidden?: boolean | undefined
  helpValue?: string | string[] | undefined
  helpGroup?: string | undefined
  multiple?: boolean | undefined
  default?: unknown
  options?: readonly string[] | undefined
}

export function entryOf(command: Described): CommandEntry {
  const { id, group, usage, description = '', examples } = command
  const flags = Object.entries(command.flags).map(([name, flag]) => [name, flagEntry(flag)] as const)
  // ComposeCommand has them in this form.
  return { id, group, usage, description, examples: examples as Example[], flags: Object.fromEntries(flags) }
}

function flagEntry(flag: DescribedFlag): FlagEntry {
  const { char, description, hidden, helpValue, helpGroup, multiple, options, type } = flag
  const isOption = type === 'option'
  return {
    type: isOption ? 'option' : 'boolean',
    ...(char ? { char } : {}),
    ...(description ? { description } : {}),
    ...(hidden ? { hidden } : {}),
    ...(isOption ? { helpValue: String(helpValue ?? (multiple ? 'stringArray' : 'string')) } : {}),
    ...(helpGroup ? { helpGroup } : {}),
    ...(isShown(flag.default) ? { default: flag.default } : {}),
    ...(options ? { options: [...options] } : {}),
  }
}

/** As Docker's help: a default that is nothing is not told. */
function isShown(value: unknown): value is string | number | boolean {
  return (typeof value === 'string' && value !== '') || (typeof value === 'number' && value !== 0) || value === true
}

/** The commands that begin with this one's words, and are one word longer. */
export function below(id: string, { commands }: Manifest): CommandEntry[] {
  const depth = id.split(' ').length + 1
  return Object.values(commands).filter(one => one.id.startsWith(`${id} `) && one.id.split(' ').length === depth)
}

/** The one that lies beside the bundle. */
export function readManifest(): Manifest {
  const file = join(dirname(fileURLToPath(import.meta.url)), 'manifest.json')
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest // the build wrote it
}
