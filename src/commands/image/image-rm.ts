// `image rm`: a name goes, and with an image's last name the image.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { requireWords } from '../../cli/service-container.ts'
import { ComposeError } from '../../shared/errors.ts'

class ImageRm extends ComposeCommand {
  static override id = 'image rm'
  static override group = 'Images'
  static override description = 'Remove one or more images'
  static override examples = [
    { command: 'image rm shop-web', description: 'A name, and the image if it was the last one' },
    { command: 'image rm -f 0f3a5c', description: 'All names of an image, and itself' },
  ]
  static override usage = '[OPTIONS] IMAGE [IMAGE...]'
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'Force removal of the image' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageRm)
    requireWords(this.words, 1)
    const docker = await this.engine()
    const failed: string[] = []
    for (const name of this.words) {
      try {
        if (this.globals.dryRun) await docker.getImage(name).inspect()
        if (this.rehearsed(`remove image ${name}`)) continue
        for (const { Untagged, Deleted } of await docker.getImage(name).remove({ force: flags.force }))
          process.stdout.write(Untagged ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`)
      } catch (error) {
        // The others still go.
        if (!(error instanceof ComposeError)) throw error
        failed.push(error.message)
      }
    }
    if (failed.length > 0)
      throw new ComposeError(
        'failed_precondition',
        failed.map(text => `Error response from daemon: ${text}`).join('\n'),
      )
    return 0
  }
}

export const run = runner(ImageRm)
