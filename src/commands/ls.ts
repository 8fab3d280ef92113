// `ls`: the projects of the engine, by the labels of their containers.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { list } from '../cli/flags.ts'
import { labels } from '../scheduler/observe/labels.ts'
import { observedContainer } from '../scheduler/observe/observe.ts'
import { ComposeError } from '../shared/errors.ts'
import { formatTable } from '../ui/table.ts'

class Ls extends ComposeCommand {
  static override id = 'ls'
  static override group = 'Projects'
  static override description = 'List running compose projects'
  static override examples = [
    { command: 'ls', description: 'Projects with running containers' },
    { command: 'ls -a --format json', description: 'All of them, for a program' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Show all stopped Compose projects' }),
    filter: list({ description: 'Filter output based on conditions provided' }),
    format: Flags.string({ default: 'table', description: 'Format the output: table or json' }),
    quiet: Flags.boolean({ char: 'q', description: 'Only display project names' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Ls)
    if (flags.format !== 'table' && flags.format !== 'json') {
      throw new ComposeError('invalid_argument', `format value "${flags.format}" could not be parsed: parsing failed`)
    }
    const names = flags.filter.map(filter => {
      const [key, value = ''] = filter.split('=', 2)
      if (key !== 'name') throw new ComposeError('invalid_argument', `invalid filter '${key}'`)
      return new RegExp(value)
    })
    const docker = await this.engine()
    const containers = (await docker.listContainers({ all: true, filters: { label: [labels.project] } })).map(
      observedContainer,
    )
    const shown = containers.filter(({ labels: own, state }) => {
      const name = own[labels.project] ?? ''
      return (flags.all || state === 'running') && (names.length === 0 || names.some(pattern => pattern.test(name)))
    })
    const projects = Object.entries(Object.groupBy(shown, ({ labels: own }) => own[labels.project] ?? '')).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    )
    const rows = projects.map(([Name, own = []]) => ({
      Name,
      Status: statusOf(own.map(({ state }) => state)),
      ConfigFiles: filesOf(own.map(one => one.labels)),
    }))
    if (flags.quiet) process.stdout.write(rows.map(({ Name }) => `${Name}\n`).join(''))
    else if (flags.format === 'json') process.stdout.write(`${JSON.stringify(rows)}\n`)
    else
      process.stdout.write(
        formatTable(
          ['NAME', 'STATUS', 'CONFIG FILES'],
          rows.map(row => [row.Name, row.Status, row.ConfigFiles]),
          20,
        ),
      )
    return 0
  }
}

/** `exited(1), running(2)` */
function statusOf(states: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(states, state => state)).sort(([a], [b]) => (a < b ? -1 : 1))
  return counts.map(([state, all = []]) => `${state}(${all.length})`).join(', ')
}

function filesOf(all: readonly Record<string, string>[]): string {
  const files = new Set(all.flatMap(own => (own[labels.configFiles] ?? '').split(',')).filter(Boolean))
  return files.size > 0 ? [...files].join(',') : 'N/A'
}

export const run = runner(Ls)
