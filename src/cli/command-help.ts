// `COMMAND --help`, from the same definitions that parse the line.

interface Row {
  type: string
  char?: string | undefined
  hidden?: boolean | undefined
  description?: string | undefined
}

/** The part of a command's class that its page is made of. */
export interface Described {
  id: string
  usage: string
  description?: string | undefined
  flags: Readonly<Record<string, Row>>
}

/** Taken from the line before the command sees it. */
const everywhere: Row = { type: 'boolean', description: 'Print what would be done, and why, and do nothing' }

export function commandHelp(CommandType: Described): string {
  const name = CommandType.id
  const rows = Object.entries<Row>({ ...CommandType.flags, 'dry-run': everywhere })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, flag]) => !flag.hidden)
    .map(([long, flag]) => {
      const short = flag.char ? `-${flag.char}, ` : '    '
      const value = flag.type === 'option' ? ' value' : ''
      return [`  ${short}--${long}${value}`, flag.description ?? ''] as const
    })
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 3
  const options = rows.map(([left, right]) => `${left.padEnd(width)}${right}`.trimEnd()).join('\n')
  return `Usage:  tsc-compose ${name} ${CommandType.usage}\n\n${CommandType.description ?? ''}\n${options ? `\nOptions:\n${options}\n` : ''}`
}
