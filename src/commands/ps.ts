// `ps`: a project's containers, as a table, JSON or through a template.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, checkServices, runner } from '../cli/command.ts'
import { dockerConfig } from '../cli/docker-config.ts'
import { list } from '../cli/flags.ts'
import { labels, ofProject } from '../scheduler/observe/labels.ts'
import { ComposeError } from '../shared/errors.ts'
import { type ContainerRow, containerRow } from '../ui/container-rows.ts'
import { formatRows, type Listing } from '../ui/format-rows.ts'

class Ps extends ComposeCommand {
  static override id = 'ps'
  static override group = 'Containers'
  static override description = 'List containers'
  static override examples = [
    { command: 'ps -a', description: 'Stopped containers too' },
    { command: 'ps --format json', description: 'For a program, an object per line' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    all: Flags.boolean({
      char: 'a',
      description: 'Show all stopped containers (including those created by the run command)',
    }),
    filter: list({ description: 'Filter services by a property (supported filters: status)' }),
    format: Flags.string({
      description:
        'table, json, a Go template, or "table TEMPLATE" (default psFormat of docker\'s config.json, or table)',
    }),
    'no-trunc': Flags.boolean({ description: "Don't truncate output" }),
    orphans: Flags.boolean({
      default: true,
      allowNo: true,
      description: 'Include orphaned services (not declared by project)',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'Only display IDs' }),
    services: Flags.boolean({ description: 'Display services' }),
    status: list({ description: 'Filter services by status' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Ps)
    const services = this.words
    const statuses = [...flags.status, ...flags.filter.map(statusFilter)]
    const { name, project } = await this.loadProjectOrName(services)
    if (project) checkServices(project, services)
    const docker = await this.engine()
    const all = flags.all || statuses.length > 0
    const found = await docker.listContainers({ all, filters: { label: [ofProject(name)] } })
    const known = project && new Set([...Object.keys(project.services), ...Object.keys(project.disabledServices)])
    const rows = found
      .filter(({ Labels = {} }) => {
        if (labels.preStart in Labels) return false
        const service = Labels[labels.service] ?? ''
        if (services.length > 0 && !services.includes(service)) return false
        if (Labels[labels.oneOff] === 'True' && !flags.all) return false
        return flags.orphans || !known || known.has(service)
      })
      .map(summary => containerRow(summary, Date.now() / 1000, !flags['no-trunc']))
      .filter(({ State }) => statuses.length === 0 || statuses.includes(State))
      .sort((a, b) => (a.Name < b.Name ? -1 : 1))
    process.stdout.write(
      flags.quiet
        ? found
            .filter(one => rows.some(row => (one.Id ?? '').startsWith(row.ID)))
            .map(({ Id }) => `${Id}\n`)
            .join('')
        : flags.services
          ? servicesOf(rows)
          : formatRows(rows, flags.format || dockerConfig().psFormat || 'table', listing),
    )
    return 0
  }
}

const listing: Listing = {
  columns: [
    ['NAME', 'Name'],
    ['IMAGE', 'Image'],
    ['COMMAND', 'Command'],
    ['SERVICE', 'Service'],
    ['CREATED', 'RunningFor'],
    ['STATUS', 'Status'],
    ['PORTS', 'Ports'],
  ],
  minimum: 10,
}

function statusFilter(filter: string): string {
  const [key, value] = filter.split('=', 2)
  if (value === undefined) throw new ComposeError('invalid_argument', 'arguments to --filter should be in form KEY=VAL')
  if (key !== 'status')
    throw new ComposeError('not_implemented', key === 'source' ? 'not implemented' : `unknown filter ${key}`)
  return value
}

function servicesOf(rows: readonly ContainerRow[]): string {
  return [...new Set(rows.map(({ Service }) => Service))].map(service => `${service}\n`).join('')
}

export const run = runner(Ps)
