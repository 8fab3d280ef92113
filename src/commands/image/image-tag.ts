// `image tag`: one more name.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'

class ImageTag extends ComposeCommand {
  static override id = 'image tag'
  static override group = 'Images'
  static override description = 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE'
  static override examples = [
    {
      command: 'image tag shop-web registry.example.com/shop/web:1.2',
      description: 'A name under which it can be pushed',
    },
    { command: 'image tag 0f3a5c tools', description: 'A name for an image that has none' },
  ]
  static override usage = 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]'

  async run(): Promise<number> {
    await this.parse(ImageTag)
    const [source, target, ...more] = this.words
    if (source === undefined || target === undefined || more.length > 0)
      throw new ComposeError('invalid_argument', 'image tag takes two names: that of an image, and the new one')
    const reference = parseReference(target)
    const docker = await this.engine()
    if (this.globals.dryRun) await docker.getImage(source).inspect()
    if (this.rehearsed(`tag image ${source} as ${target}`)) return 0
    await docker.getImage(source).tag({ repo: familiarName(reference), tag: reference.tag ?? 'latest' })
    return 0
  }
}

export const run = runner(ImageTag)
