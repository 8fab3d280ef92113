// `export`: the files of a service's container as a tar.
import { createWriteStream, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { interruptible } from '../cli/perform.ts'
import { requireWords, runningContainer } from '../cli/service-container.ts'
import { openTeller } from '../cli/told-container.ts'
import { throwFromDaemon } from '../scheduler/execute/told.ts'
import { ComposeError } from '../shared/errors.ts'

class Export extends ComposeCommand {
  static override id = 'export'
  static override group = 'Images'
  static override description = "Export a service container's filesystem as a tar archive"
  static override examples = [
    { command: 'export -o web.tar web', description: 'Into a file' },
    { command: 'export web | tar -t', description: 'What files are there' },
  ]
  static override usage = '[OPTIONS] SERVICE'
  static override flags = {
    index: integer('index', { description: 'index of the container if service has multiple replicas.' }),
    output: Flags.string({ char: 'o', description: 'Write to a file, instead of STDOUT' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Export)
    requireWords(this.words, 1)
    const { output } = flags
    const { name: projectName } = await this.loadProjectOrName()
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const { id, name } = await runningContainer(docker, projectName, this.words[0] ?? '', flags.index)
      if (output === undefined && process.stdout.isTTY)
        throw new ComposeError('invalid_argument', 'output option is required when exporting to terminal')
      if (output !== undefined && !existsSync(dirname(resolve(output))))
        throw new ComposeError(
          'not_found',
          `failed to export container: invalid output path: directory ${JSON.stringify(dirname(output))} does not exist`,
        )
      const teller = await openTeller(this)
      teller.working(name, 'Exporting')
      if (this.globals.dryRun) return 0
      const tar = await docker.getContainer(id).export({ abortSignal: signal }).catch(throwFromDaemon)
      await pipeline(tar, output === undefined ? process.stdout : createWriteStream(output), {
        end: output !== undefined,
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Export)
