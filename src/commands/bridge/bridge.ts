// `bridge`: what turns a project into files for something else.
import { runner } from '../../cli/command.ts'
import { CommandGroup } from '../../cli/command-group.ts'

class Bridge extends CommandGroup {
  static override id = 'bridge'
  static override group = 'Projects'
  static override description = 'Convert compose files into another model'
  static override examples = [
    { command: 'bridge convert', description: 'Manifests for Kubernetes, into the folder out' },
    { command: 'bridge transformations ls', description: 'The images that can convert' },
  ]
}

export const run = runner(Bridge)
