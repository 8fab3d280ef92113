// `image pull`: an image by its name, whatever project wants it.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { credentialsOf } from '../../cli/credentials-of.ts'
import { interruptible } from '../../cli/perform.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'
import { parseReference } from '../../shared/image-reference.ts'
import { fullName, nameOf, showTransfer, tagged } from './transfer.ts'

class ImagePull extends ComposeCommand {
  static override id = 'image pull'
  static override group = 'Images'
  static override description = 'Download an image from a registry'
  static override examples = [
    { command: 'image pull postgres:17', description: 'From Docker Hub' },
    { command: 'image pull -q --platform linux/arm64 ghcr.io/team/tool', description: 'For another platform' },
  ]
  static override usage = '[OPTIONS] NAME[:TAG|@DIGEST]'
  static override flags = {
    'all-tags': Flags.boolean({ char: 'a', description: 'Download all tagged images in the repository' }),
    platform: Flags.string({ description: 'Set platform if server is multi-platform capable' }),
    quiet: Flags.boolean({ char: 'q', description: 'Suppress verbose output' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImagePull)
    const [name, ...more] = this.words
    if (name === undefined || more.length > 0) throw new ComposeError('invalid_argument', 'image pull takes one name')
    const given = parseReference(name)
    const reference = tagged(given, flags['all-tags'])
    if (this.rehearsed(`pull image ${fullName(reference)}`)) return 0
    if (reference !== given && !flags.quiet) process.stdout.write(`Using default tag: ${reference.tag}\n`)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        if (flags['all-tags'] && docker.hasExtension('status'))
          throw new ComposeError('not_implemented', '--all-tags is not supported by this engine: name the tags')
        const authconfig = await credentialsOf(name, process.env)
        const { platform } = flags
        const options = { platform, authconfig, allTags: flags['all-tags'], abortSignal: signal }
        const stream = await docker.pull(nameOf(reference), options).catch(throwFromDaemon)
        await showTransfer(stream, flags.quiet)
      })
      process.stdout.write(`${fullName(reference)}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(ImagePull)
