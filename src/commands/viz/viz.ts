// `viz`: the services of a project and what they depend on, as a graph.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { warnAll } from '../../cli/warn.ts'
import { dotGraph } from './dot.ts'
import { mermaidGraph } from './mermaid.ts'
import { vizFlags, vizOptions } from './viz-flags.ts'

class Viz extends ComposeCommand {
  static override id = 'viz'
  static override group = 'Projects'
  static override description = 'Print the services and what they depend on as a graph'
  static override examples = [
    { command: 'viz --format svg >stack.svg', description: 'A picture' },
    { command: 'viz --format mermaid', description: 'For a README' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    ...vizFlags,
    format: Flags.string({ default: 'dot', options: ['dot', 'mermaid', 'svg'], description: 'dot, mermaid or svg' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Viz)
    const project = await this.loadProject()
    warnAll(project.warnings)
    const options = vizOptions(flags)
    process.stdout.write(
      flags.format === 'mermaid'
        ? mermaidGraph(project, options)
        : flags.format === 'svg'
          ? await svg(dotGraph(project, options))
          : dotGraph(project, options),
    )
    return 0
  }
}

/** By Graphviz itself, as WebAssembly. */
async function svg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz')
  return (await instance()).renderString(dot, { format: 'svg', engine: 'dot' })
}

export const run = runner(Viz)
