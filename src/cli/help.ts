// The pages of --help, in Docker's layout, from the same definitions that parse the line.
import { globalFlags } from './globals.ts'
import type { CommandEntry, FlagEntry, Manifest } from './manifest.ts'

/** Taken from the line before the command sees it. */
const everywhere: FlagEntry = { type: 'boolean', description: 'Print what would be done, and why, and do nothing' }

/** The order of the headings. */
const groups = ['Stacks', 'Containers', 'Images', 'Projects', 'Engine']

/** The page of `tsc-compose` without a command. */
export function mainHelp({ commands }: Manifest): string {
  const entries = Object.values(commands).filter(({ group }) => group !== '')
  const width = Math.max(...entries.map(({ id }) => id.length)) + 2
  const lists = groups.map(group => {
    const lines = entries
      .filter(entry => entry.group === group)
      .map(({ id, description }) => `  ${id.padEnd(width)}${firstLine(description)}`)
    return lines.length === 0 ? '' : `\n${group}:\n${lines.sort().join('\n')}\n`
  })
  return `Usage:  tsc-compose [OPTIONS] COMMAND

Define and run multi-container applications without Docker

Options:
${flagLines(globalFlags)}
${lists.join('')}
Run 'tsc-compose COMMAND --help' for more information on a command.
`
}

/** `COMMAND --help`; `below`: the commands that begin with its words. */
export function commandHelp(entry: CommandEntry, below: readonly CommandEntry[] = []): string {
  const { id, usage, description, examples, flags } = entry
  const all: Record<string, FlagEntry> = { ...flags, 'dry-run': everywhere }
  const headings = [...new Set(Object.values(all).map(({ helpGroup }) => helpGroup ?? ''))].sort()
  const options = headings.map(heading => {
    const own = Object.entries(all).filter(([, flag]) => (flag.helpGroup ?? '') === heading)
    const lines = flagLines(Object.fromEntries(own))
    return lines === '' ? '' : `\n${heading === '' ? 'Options' : heading}:\n${lines}\n`
  })
  const width = Math.max(0, ...examples.map(({ command }) => command.length)) + 3
  const shown = examples.map(example => `  tsc-compose ${example.command.padEnd(width)}${example.description}\n`)
  return [
    `Usage:  tsc-compose ${id} ${usage}`.trimEnd(),
    `\n\n${description}\n`,
    commandList(id, below),
    ...options,
    shown.length === 0 ? '' : `\nExamples:\n${shown.join('')}`,
  ].join('')
}

function commandList(id: string, below: readonly CommandEntry[]): string {
  if (below.length === 0) return ''
  const names = below.map(one => one.id.slice(id.length + 1))
  const width = Math.max(...names.map(name => name.length)) + 2
  const lines = below.map((one, index) => `  ${(names[index] ?? '').padEnd(width)}${firstLine(one.description)}`)
  return `\nCommands:\n${lines.sort().join('\n')}\n`
}

function flagLines(flags: Readonly<Record<string, FlagEntry>>): string {
  const rows = Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => {
      const short = flag.char ? `-${flag.char}, ` : '    '
      const value = flag.helpValue === undefined ? '' : ` ${flag.helpValue}`
      return { left: `  ${short}--${name}${value}`, right: `${flag.description ?? ''}${defaultOf(flag)}` }
    })
  const width = Math.max(0, ...rows.map(({ left }) => left.length)) + 3
  return rows.map(({ left, right }) => `${left.padEnd(width)}${right}`.trimEnd()).join('\n')
}

function defaultOf({ default: value }: FlagEntry): string {
  return value === undefined ? '' : ` (default ${JSON.stringify(value)})`
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''
