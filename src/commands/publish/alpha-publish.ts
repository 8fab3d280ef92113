// `alpha publish`: the older name of `publish`.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { publishFlags } from './publish-flags.ts'
import { publishProject } from './publish-project.ts'

class AlphaPublish extends ComposeCommand {
  static override id = 'alpha publish'
  static override description = 'Publish compose application'
  static override examples = [
    { command: 'alpha publish ghcr.io/me/shop:1', description: 'The files of this project' },
    { command: 'alpha publish --app -y ghcr.io/me/shop', description: 'With the images themselves' },
  ]
  static override usage = '[OPTIONS] REPOSITORY[:TAG]'
  static override flags = publishFlags

  async run(): Promise<number> {
    const { flags } = await this.parse(AlphaPublish)
    return publishProject(this, flags)
  }
}

export const run = runner(AlphaPublish)
