// `alpha generate`: a Compose file of containers that are there, whoever made them.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { projectJson, projectYaml } from '../../model/config/project.ts'
import { ComposeError } from '../../shared/errors.ts'
import { type FoundContainer, projectOf } from './found-project.ts'

class Generate extends ComposeCommand {
  static override id = 'alpha generate'
  static override description = 'EXPERIMENTAL - Generate a Compose file from existing containers'
  static override examples = [
    { command: 'alpha generate web db', description: 'Of two containers, by name or id' },
    { command: 'alpha generate --name shop web', description: 'With a name for the project' },
  ]
  static override usage = '[OPTIONS] [CONTAINERS...]'
  static override flags = {
    format: Flags.string({ default: 'yaml', description: 'Format the output: yaml or json' }),
    name: Flags.string({ description: 'Project name to set in the Compose file' }),
    'project-dir': Flags.string({ description: 'Directory to use for the project: binds from below it are relative' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Generate)
    process.stderr.write('generate command is EXPERIMENTAL\n')
    if (this.words.length === 0) throw new ComposeError('invalid_argument', 'at least one container must be specified')
    if (!['yaml', 'json'].includes(flags.format))
      throw new ComposeError('invalid_argument', `unsupported format "${flags.format}"`)
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const found = await find(docker, this.words, signal)
      const project = projectOf(found, { name: flags.name ?? '', folder: flags['project-dir'] })
      process.stdout.write(`${flags.format === 'json' ? projectJson(project) : projectYaml(project)}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

/** By names first, then by ids; as the filters of the API take them, a part of a name is enough. */
async function find(docker: Docker, words: readonly string[], abortSignal: AbortSignal): Promise<FoundContainer[]> {
  const lists = await Promise.all(
    [{ name: [...words] }, { id: [...words] }].map(filters =>
      docker.listContainers({ all: true, filters, abortSignal }),
    ),
  )
  const ids = new Set(lists.flat().flatMap(({ Id }) => Id ?? []))
  if (ids.size === 0)
    throw new ComposeError('not_found', `no container(s) found with the following name(s): ${words.join(',')}`)
  const containers = await Promise.all([...ids].map(id => docker.getContainer(id).inspect({ abortSignal })))
  return Promise.all(
    containers.map(async container => {
      const networks = Object.keys(container.NetworkSettings?.Networks ?? {})
      const [image, ...internals] = await Promise.all([
        docker
          .getImage(container.Image ?? '')
          .inspect({ abortSignal })
          .catch(() => ({})),
        ...networks.map(async name => {
          const network = await docker
            .getNetwork(name)
            .inspect({ abortSignal })
            .catch(() => undefined)
          return [name, network?.Internal ?? false] as const
        }),
      ])
      return { container, image, internal: Object.fromEntries(internals) }
    }),
  )
}

export const run = runner(Generate)
