// `volumes`: a project's named volumes.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, checkServices, runner } from '../cli/command.ts'
import type { Volume } from '../docker/protocol/types.ts'
import { labels, ofProject } from '../scheduler/observe/labels.ts'
import { formatRows, type Listing } from '../ui/format-rows.ts'

class Volumes extends ComposeCommand {
  static override id = 'volumes'
  static override group = 'Projects'
  static override description = 'List volumes'
  static override examples = [
    { command: 'volumes', description: "The project's volumes" },
    { command: 'volumes db --format json', description: 'Those that containers of db use, for a program' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    format: Flags.string({ default: 'table', description: 'table, json, a Go template, or "table TEMPLATE"' }),
    quiet: Flags.boolean({ char: 'q', description: 'Only display volume names' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Volumes)
    const { name, project } = await this.loadProjectOrName(this.words)
    if (project) checkServices(project, this.words)
    const docker = await this.engine()
    const filters = { label: [ofProject(name)] }
    const [{ Volumes: all = [] }, containers] = await Promise.all([
      docker.listVolumes({ filters }),
      this.words.length > 0 ? docker.listContainers({ filters }) : [],
    ])
    const used = new Set(
      containers
        .filter(({ Labels = {} }) => this.words.includes(Labels[labels.service] ?? ''))
        .flatMap(({ Mounts = [] }) => Mounts.flatMap(({ Name }) => Name ?? [])),
    )
    const shown = all.filter(volume => this.words.length === 0 || used.has(volume.Name)).sort(byName)
    process.stdout.write(
      flags.quiet ? shown.map(({ Name }) => `${Name}\n`).join('') : formatRows(shown.map(rowOf), flags.format, listing),
    )
    return 0
  }
}

const byName = (a: Volume, b: Volume) => (a.Name < b.Name ? -1 : 1)

const listing: Listing = {
  columns: [
    ['DRIVER', 'Driver'],
    ['VOLUME NAME', 'Name'],
    ['AVAILABILITY', 'Availability'],
    ['GROUP', 'Group'],
    ['LABELS', 'Labels'],
    ['LINKS', 'Links'],
    ['MOUNTPOINT', 'Mountpoint'],
    ['SCOPE', 'Scope'],
    ['SIZE', 'Size'],
    ['STATUS', 'Status'],
  ],
  shown: 2,
  minimum: 10,
}

/** The fields of docker's own list; what only a swarm or `docker system df` knows is not known here. */
const rowOf = (volume: Volume) => ({
  Availability: 'N/A',
  Driver: volume.Driver,
  Group: 'N/A',
  Labels: Object.entries(volume.Labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
  Links: 'N/A',
  Mountpoint: volume.Mountpoint,
  Name: volume.Name,
  Scope: volume.Scope,
  Size: 'N/A',
  Status: 'N/A',
})

export const run = runner(Volumes)
