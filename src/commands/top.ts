// `top`: the processes of a project's running containers.
import { ComposeCommand, runner, warnOfStrangers } from '../cli/command.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { formatTable } from '../ui/table.ts'

class Top extends ComposeCommand {
  static override id = 'top'
  static override group = 'Containers'
  static override description = 'Display the running processes'
  static override examples = [
    { command: 'top', description: 'What runs in all containers' },
    { command: 'top web', description: 'What runs in those of web' },
  ]
  static override usage = '[SERVICES...]'

  async run(): Promise<number> {
    await this.parse(Top)
    const { name: projectName, project } = await this.loadProjectOrName(this.words)
    if (project) warnOfStrangers(project, this.words)
    const docker = await this.engine()
    const { containers } = await observe(docker, { projectName })
    const running = containers
      .filter(
        ({ state, service }) =>
          (state === 'running' || state === 'stopping') && (this.words.length === 0 || this.words.includes(service)),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const tables = await Promise.all(running.map(({ id }) => docker.getContainer(id).top()))
    const titles = [...new Set(tables.flatMap(({ Titles = [] }) => Titles))]
    const rows = tables.flatMap(({ Titles = [], Processes = [] }, index) => {
      const { service, number } = running[index] ?? {}
      return Processes.map(process => {
        const cells = new Map(Titles.map((title, column) => [title, process[column] ?? '']))
        return [service ?? '', number ? String(number) : '', ...titles.map(title => cells.get(title) ?? '')]
      })
    })
    if (rows.length > 0) process.stdout.write(formatTable(['SERVICE', '#', ...titles], rows, 4, 2))
    return 0
  }
}

export const run = runner(Top)
