// `alpha`: what Docker Compose calls experimental.
import { runner } from '../../cli/command.ts'
import { CommandGroup } from '../../cli/command-group.ts'

class Alpha extends CommandGroup {
  static override id = 'alpha'
  static override description = 'Experimental commands'
  static override examples = [
    { command: 'alpha viz', description: 'The services as a graph' },
    { command: 'alpha generate web', description: 'A Compose file of a container' },
  ]
}

export const run = runner(Alpha)
