// `image history`: the steps that an image was made by.

import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { ComposeError } from '../../shared/errors.ts'
import { shortId } from '../../shared/short-id.ts'
import { sizeText } from '../../shared/size-text.ts'
import { ago } from '../../ui/container-rows.ts'
import { goJson } from '../../ui/format-rows.ts'
import { formatTable } from '../../ui/table.ts'

class ImageHistory extends ComposeCommand {
  static override id = 'image history'
  static override group = 'Images'
  static override description = 'Show the history of an image'
  static override examples = [
    { command: 'image history shop-web', description: 'The newest step first' },
    { command: 'image history --no-trunc shop-web', description: 'With whole commands' },
  ]
  static override usage = '[OPTIONS] IMAGE'
  static override flags = {
    format: Flags.string({ default: 'table', options: ['table', 'json'], description: 'Format the output' }),
    'no-trunc': Flags.boolean({ description: "Don't truncate output" }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageHistory)
    const [image, ...more] = this.words
    if (image === undefined || more.length > 0)
      throw new ComposeError('invalid_argument', 'image history takes one image')
    const docker = await this.engine()
    const steps = await docker.getImage(image).history()
    if (flags.format === 'json') {
      process.stdout.write(`${goJson(steps)}\n`)
      return 0
    }
    const short = (text: string, length: number) =>
      flags['no-trunc'] || text.length <= length ? text : `${text.slice(0, length - 1)}…`
    const rows = steps.map(({ Id, Created, CreatedBy, Size, Comment }) => [
      flags['no-trunc'] ? Id : shortId(Id),
      `${ago(Date.now() / 1000 - Created)} ago`,
      short(CreatedBy.replaceAll('\n', ' '), 45),
      sizeText(Size),
      Comment,
    ])
    process.stdout.write(formatTable(['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], rows))
    return 0
  }
}

export const run = runner(ImageHistory)
