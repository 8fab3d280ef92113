// `image prune`: images that nobody needs any more.
import * as Flags from '@oclif/core/flags'
import { ask } from '../../cli/ask.ts'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import { interruptible } from '../../cli/perform.ts'
import { sizeText } from '../../shared/size-text.ts'
import { readFilters } from './filters.ts'

class ImagePrune extends ComposeCommand {
  static override id = 'image prune'
  static override group = 'Images'
  static override description = 'Remove unused images'
  static override examples = [
    { command: 'image prune', description: 'Those that have lost their name' },
    { command: 'image prune -af --filter until=168h', description: 'All that no container uses, older than a week' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Remove all unused images, not just dangling ones' }),
    filter: list({ description: 'Provide filter values (e.g. "until=<timestamp>")' }),
    force: Flags.boolean({ char: 'f', description: 'Do not prompt for confirmation' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImagePrune)
    const filters = { ...readFilters(flags.filter), dangling: [String(!flags.all)] }
    const what = flags.all ? 'all images without at least one container associated to them' : 'all dangling images'
    if (this.rehearsed(`remove ${what}`)) return 0
    const { signal, dispose } = interruptible()
    try {
      if (!flags.force && !(await ask(`WARNING! This will remove ${what}. Are you sure you want to continue?`, signal)))
        return 0
      const docker = await this.engine(signal)
      const { ImagesDeleted, SpaceReclaimed = 0 } = await docker.pruneImages({ filters, abortSignal: signal })
      for (const { Untagged, Deleted } of ImagesDeleted ?? [])
        process.stdout.write(Untagged ? `untagged: ${Untagged}\n` : `deleted: ${Deleted}\n`)
      process.stdout.write(`Total reclaimed space: ${sizeText(SpaceReclaimed)}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(ImagePrune)
