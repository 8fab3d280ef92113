// `image inspect`: what the engine says of images.
import { ComposeCommand, runner } from '../../cli/command.ts'
import { requireWords } from '../../cli/service-container.ts'

class ImageInspect extends ComposeCommand {
  static override id = 'image inspect'
  static override group = 'Images'
  static override description = 'Display detailed information on one or more images'
  static override examples = [
    { command: 'image inspect shop-web', description: 'As a list of one' },
    { command: "image inspect shop-web | jq '.[0].Config.Env'", description: 'Its variables' },
  ]
  static override usage = 'IMAGE [IMAGE...]'

  async run(): Promise<number> {
    await this.parse(ImageInspect)
    requireWords(this.words, 1)
    const docker = await this.engine()
    const images = await Promise.all(this.words.map(name => docker.getImage(name).inspect()))
    process.stdout.write(`${JSON.stringify(images, undefined, 4)}\n`)
    return 0
  }
}

export const run = runner(ImageInspect)
