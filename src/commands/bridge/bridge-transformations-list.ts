// `bridge transformations list`: the images here that say they convert projects.

import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import type { ImageSummary } from '../../docker/protocol/types.ts'
import { ComposeError } from '../../shared/errors.ts'
import { familiarName, parseReference } from '../../shared/image-reference.ts'
import { shortId } from '../../shared/short-id.ts'
import { sizeText } from '../../shared/size-text.ts'
import { goJson } from '../../ui/format-rows.ts'
import { formatTable } from '../../ui/table.ts'
import { transformerLabel } from './transformer.ts'

class List extends ComposeCommand {
  static override id = 'bridge transformations list'
  static override description = 'List available transformations'
  static override examples = [
    { command: 'bridge transformations list', description: 'As a table' },
    { command: 'bridge transformations list -q', description: 'Their names only' },
  ]
  static override usage = '[OPTIONS]'
  static override flags = {
    format: Flags.string({ default: 'table', description: 'Format the output: table or json' }),
    quiet: Flags.boolean({ char: 'q', description: 'Only display transformer names' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(List)
    if (!['table', 'json', ''].includes(flags.format))
      throw new ComposeError('invalid_argument', `format value "${flags.format}" could not be parsed: parsing failed`)
    const docker = await this.engine()
    const images = await docker.listImages({ filters: { label: [transformerLabel] } })
    if (flags.quiet) process.stdout.write(images.map(({ Id, RepoTags }) => `${RepoTags?.[0] ?? Id}\n`).join(''))
    else if (flags.format === 'json') process.stdout.write(`${goJson(images)}\n`)
    else process.stdout.write(formatTable(['IMAGE ID', 'REPO', 'TAGS', 'SIZE'], images.map(cellsOf), 20))
    return 0
  }
}

function cellsOf({ Id = '', RepoTags, Size = 0 }: ImageSummary): string[] {
  const name = RepoTags?.[0]
  const reference = name === undefined ? undefined : parseReference(name)
  const repository = reference ? familiarName(reference) : '<none>'
  return [shortId(Id), repository, reference?.tag ?? '<none>', sizeText(Size)]
}

export const run = runner(List)
