// `images`: the images of a project's containers.

import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner, warnOfStrangers } from '../cli/command.ts'
import type { Docker } from '../docker/client/docker.ts'
import type { ContainerSummary } from '../docker/protocol/types.ts'
import { labels, ofProject } from '../scheduler/observe/labels.ts'
import { ComposeError } from '../shared/errors.ts'
import { familiarName, parseReference } from '../shared/image-reference.ts'
import { shortId } from '../shared/short-id.ts'
import { sizeText } from '../shared/size-text.ts'
import { ago } from '../ui/container-rows.ts'
import { goJson } from '../ui/format-rows.ts'
import { formatTable } from '../ui/table.ts'

interface Row {
  ID: string
  ContainerName: string
  Repository: string
  Tag: string
  Platform: string
  Size: number
  Created?: string
  LastTagTime: string
}

class Images extends ComposeCommand {
  static override id = 'images'
  static override group = 'Images'
  static override description = 'List images used by the created containers'
  static override examples = [
    { command: 'images', description: 'The image of each container' },
    { command: 'images -q', description: 'Their ids, each once' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    format: Flags.string({ default: 'table', description: 'Format the output: table or json' }),
    quiet: Flags.boolean({ char: 'q', description: 'Only display IDs' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Images)
    if (!['table', 'json', ''].includes(flags.format))
      throw new ComposeError('invalid_argument', `format value "${flags.format}" could not be parsed: parsing failed`)
    const { name, project } = await this.loadProjectOrName(this.words)
    if (project) warnOfStrangers(project, this.words)
    const docker = await this.engine()
    const found = await docker.listContainers({ all: true, filters: { label: [ofProject(name)] } })
    const containers = found.filter(
      ({ Labels = {} }) => this.words.length === 0 || this.words.includes(Labels[labels.service] ?? ''),
    )
    const rows = (await Promise.all(containers.map(container => rowOf(docker, container)))).sort((a, b) =>
      a.ContainerName < b.ContainerName ? -1 : 1,
    )
    if (flags.quiet) {
      const ids = new Set(rows.map(({ ID }) => ID.replace(/^sha256:/, '')))
      process.stdout.write([...ids].map(id => `${id}\n`).join(''))
    } else if (flags.format === 'json') {
      // An empty list and the line at the end are the peer's.
      process.stdout.write(`${goJson(rows.length === 0 ? null : rows)}\n\n`)
    } else process.stdout.write(tableOf(rows))
    return 0
  }
}

async function rowOf(docker: Docker, container: ContainerSummary): Promise<Row> {
  const image = await docker.getImage(container.ImageID ?? '').inspect()
  const { repository, tag } = nameOf(container.Image ?? '')
  const { Os, Architecture, Variant } = image
  return {
    ID: image.Id ?? '',
    ContainerName: (container.Names?.[0] ?? '').replace(/^\//, ''),
    Repository: repository,
    Tag: tag,
    Platform: [Os, Architecture, Variant].filter(Boolean).join('/'),
    Size: image.Size ?? 0,
    ...(image.Created ? { Created: image.Created } : {}),
    LastTagTime: image.Metadata?.LastTagTime ?? '0001-01-01T00:00:00Z',
  }
}

/** What the container calls its image; one that has lost its name is called by its id. */
function nameOf(ref: string): { repository: string; tag: string } {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(ref)) return { repository: '<none>', tag: '<none>' }
  const reference = parseReference(ref)
  return { repository: familiarName(reference), tag: reference.tag ?? (reference.digest ? '<none>' : 'latest') }
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(row => [
    row.ContainerName,
    row.Repository,
    row.Tag,
    row.Platform,
    shortId(row.ID),
    sizeText(row.Size),
    row.Created ? `${ago((Date.now() - Date.parse(row.Created)) / 1000)} ago` : 'N/A',
  ])
  return formatTable(['CONTAINER', 'REPOSITORY', 'TAG', 'PLATFORM', 'IMAGE ID', 'SIZE', 'CREATED'], cells, 20)
}

export const run = runner(Images)
