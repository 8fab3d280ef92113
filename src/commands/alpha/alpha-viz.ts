// `alpha viz`: the graph under Docker Compose's name for it, with its words.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { warnAll } from '../../cli/warn.ts'
import { dotGraph } from '../viz/dot.ts'
import { vizFlags, vizOptions } from '../viz/viz-flags.ts'

class AlphaViz extends ComposeCommand {
  static override id = 'alpha viz'
  static override description = 'EXPERIMENTAL - Generate a graphviz graph from your compose file'
  static override examples = [
    { command: 'alpha viz', description: 'The graph of the services' },
    { command: 'alpha viz --networks --ports', description: 'With their networks and ports' },
  ]
  static override flags = vizFlags

  async run(): Promise<number> {
    const { flags } = await this.parse(AlphaViz)
    process.stderr.write('viz command is EXPERIMENTAL\n')
    const project = await this.loadProject()
    warnAll(project.warnings)
    process.stdout.write(`${dotGraph(project, vizOptions(flags))}\n`)
    return 0
  }
}

export const run = runner(AlphaViz)
