// `image push`: an image under its name, or every tag of a name, to its registry.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { credentialsOf } from '../../cli/credentials-of.ts'
import { interruptible } from '../../cli/perform.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'
import { fullName, showTransfer, tagged } from './transfer.ts'

class ImagePush extends ComposeCommand {
  static override id = 'image push'
  static override group = 'Images'
  static override description = 'Upload an image to a registry'
  static override examples = [
    { command: 'image push registry.example.com/shop/web:1.2', description: 'One tag' },
    { command: 'image push -a registry.example.com/shop/web', description: 'All tags that are here' },
  ]
  static override usage = '[OPTIONS] NAME[:TAG]'
  static override flags = {
    'all-tags': Flags.boolean({ char: 'a', description: 'Push all tags of an image to the repository' }),
    platform: Flags.string({ description: 'Push a platform-specific manifest as a single-platform image' }),
    quiet: Flags.boolean({ char: 'q', description: 'Suppress verbose output' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImagePush)
    const [name, ...more] = this.words
    if (name === undefined || more.length > 0) throw new ComposeError('invalid_argument', 'image push takes one name')
    const given = parseReference(name)
    const reference = tagged(given, flags['all-tags'])
    if (this.rehearsed(`push image ${fullName(reference)}`)) return 0
    if (reference !== given && !flags.quiet) process.stdout.write(`Using default tag: ${reference.tag}\n`)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const stream = await docker
          .getImage(familiarName(reference))
          .push({
            tag: reference.tag,
            platform: flags.platform === undefined ? undefined : platformOf(flags.platform),
            authconfig: await credentialsOf(name, process.env),
            abortSignal: signal,
          })
          .catch(throwFromDaemon)
        await showTransfer(stream, flags.quiet)
      })
      if (flags.quiet) process.stdout.write(`${fullName(reference)}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

/** The API wants it in parts. */
function platformOf(text: string): { os: string; architecture: string; variant?: string } {
  const [os, architecture, variant, ...more] = text.split('/')
  if (!os || !architecture || more.length > 0)
    throw new ComposeError('invalid_argument', `invalid platform: ${text}`, { hint: 'such as linux/arm64' })
  return { os, architecture, ...(variant ? { variant } : {}) }
}

export const run = runner(ImagePush)
