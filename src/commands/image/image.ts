// `image`: the engine's images, whatever project they are of, for machines without a docker CLI.
import { runner } from '../../cli/command.ts'
import { CommandGroup } from '../../cli/command-group.ts'

class Image extends CommandGroup {
  static override id = 'image'
  static override group = 'Images'
  static override description = 'Manage images'
  static override examples = [
    { command: 'image ls', description: 'All that the engine has' },
    { command: 'image prune -a', description: 'Remove those that no container uses' },
  ]
}

export const run = runner(Image)
