// `bridge transformations create`: the templates of an image that converts, as the beginning of one's own.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { ComposeError } from '../../shared/errors.ts'
import { extract } from '../cp/extract.ts'
import { defaultTransformer } from './transformer.ts'

const dockerfile = `FROM docker/compose-bridge-transformer
LABEL com.docker.compose.bridge=transformation
COPY templates /templates
`

class Create extends ComposeCommand {
  static override id = 'bridge transformations create'
  static override description = 'Create a new transformation'
  static override examples = [
    { command: 'bridge transformations create mine', description: 'From the one for Kubernetes' },
    { command: 'bridge transformations create -f my/transformer mine', description: 'From another' },
  ]
  static override usage = '[OPTIONS] PATH'
  static override flags = {
    from: Flags.string({
      char: 'f',
      description: `Existing transformation to copy (default: ${defaultTransformer})`,
    }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Create)
    const [path] = this.words
    if (path === undefined || this.words.length > 1)
      throw new ComposeError('invalid_argument', "'tsc-compose bridge transformations create' requires 1 argument")
    const folder = resolve(path)
    if (existsSync(folder)) throw new ComposeError('already_exists', `output folder ${folder} already exists`)
    const from = flags.from || defaultTransformer
    if (this.globals.dryRun) {
      process.stdout.write(`copy /templates of ${from} to ${folder}\n`)
      return 0
    }
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const container = await docker.createContainer({ Image: from, abortSignal: signal }).catch(throwFromDaemon)
      try {
        const templates = await container.getArchive({ path: '/templates', abortSignal: signal }).catch(throwFromDaemon)
        mkdirSync(folder, { recursive: true })
        await extract(templates, { folder, rename: name => name, owners: false })
        writeFileSync(join(folder, 'Dockerfile'), dockerfile)
      } finally {
        await container.remove({ force: true, v: true }).catch(() => {})
      }
      process.stdout.write(`Transformer created in ${JSON.stringify(folder)}\n`)
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Create)
