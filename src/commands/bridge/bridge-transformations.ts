// `bridge transformations`: the images that convert.
import { runner } from '../../cli/command.ts'
import { CommandGroup } from '../../cli/command-group.ts'

class Transformations extends CommandGroup {
  static override id = 'bridge transformations'
  static override description = 'Manage transformation images'
  static override examples = [
    { command: 'bridge transformations ls', description: 'Those that are here' },
    { command: 'bridge transformations create mine', description: 'The templates of one, to be changed' },
  ]
}

export const run = runner(Transformations)
