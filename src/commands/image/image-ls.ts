// `image ls`: all images that the engine has.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import type { ImageSummary } from '../../docker/protocol/types.ts'
import { shortId } from '../../shared/short-id.ts'
import { sizeText } from '../../shared/size-text.ts'
import { ago } from '../../ui/container-rows.ts'
import { goJson } from '../../ui/format-rows.ts'
import { formatTable } from '../../ui/table.ts'
import { readFilters } from './filters.ts'

class ImageLs extends ComposeCommand {
  static override id = 'image ls'
  static override group = 'Images'
  static override description = 'List images'
  static override examples = [
    { command: 'image ls', description: 'All of them' },
    { command: 'image ls -q --filter dangling=true', description: 'The ids of those without a name' },
  ]
  static override usage = '[OPTIONS] [REPOSITORY[:TAG]]'
  static override flags = {
    filter: list({ description: 'Filter output based on conditions provided' }),
    format: Flags.string({ default: 'table', options: ['table', 'json'], description: 'Format the output' }),
    'no-trunc': Flags.boolean({ description: "Don't truncate output" }),
    quiet: Flags.boolean({ char: 'q', description: 'Only show image IDs' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(ImageLs)
    const [reference] = this.words
    const filters = readFilters([...flags.filter, ...(reference ? [`reference=${reference}`] : [])])
    const docker = await this.engine()
    const images = await docker.listImages({ filters })
    const shown = (id = '') => (flags['no-trunc'] ? id : shortId(id))
    const rows = images
      .sort((a, b) => (b.Created ?? 0) - (a.Created ?? 0))
      .flatMap(image => namesOf(image).map(name => ({ image, ...name })))
    if (flags.quiet) process.stdout.write([...new Set(rows.map(({ image }) => `${shown(image.Id)}\n`))].join(''))
    else if (flags.format === 'json') process.stdout.write(`${goJson(images)}\n`)
    else
      process.stdout.write(
        formatTable(
          ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
          rows.map(({ image, repository, tag }) => [
            repository,
            tag,
            shown(image.Id),
            `${ago(Date.now() / 1000 - (image.Created ?? 0))} ago`,
            sizeText(image.Size ?? 0),
          ]),
        ),
      )
    return 0
  }
}

function namesOf({ RepoTags }: ImageSummary): { repository: string; tag: string }[] {
  if (!RepoTags?.length) return [{ repository: '<none>', tag: '<none>' }]
  return RepoTags.map(name => ({
    repository: name.slice(0, name.lastIndexOf(':')),
    tag: name.slice(name.lastIndexOf(':') + 1),
  }))
}

export const run = runner(ImageLs)
