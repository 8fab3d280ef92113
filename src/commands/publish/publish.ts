// `publish`: the project as an OCI artifact.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { publishFlags } from './publish-flags.ts'
import { publishProject } from './publish-project.ts'

class Publish extends ComposeCommand {
  static override id = 'publish'
  static override group = 'Images'
  static override description = 'Publish compose application'
  static override examples = [
    { command: 'publish ghcr.io/me/shop:1', description: 'The files of this project, for -f oci://ghcr.io/me/shop:1' },
    { command: 'publish --resolve-image-digests -y ghcr.io/me/shop', description: 'With the images as they are now' },
  ]
  static override usage = '[OPTIONS] REPOSITORY[:TAG]'
  static override flags = publishFlags

  async run(): Promise<number> {
    const { flags } = await this.parse(Publish)
    return publishProject(this, flags)
  }
}

export const run = runner(Publish)
