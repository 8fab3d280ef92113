// `commit`: an image of what a service's container has become.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer, list } from '../cli/flags.ts'
import { interruptible } from '../cli/perform.ts'
import { runningContainer } from '../cli/service-container.ts'
import { openTeller } from '../cli/told-container.ts'
import { throwFromDaemon } from '../scheduler/execute/told.ts'
import { ComposeError } from '../shared/errors.ts'
import { familiarName, parseReference } from '../shared/image-reference.ts'

class Commit extends ComposeCommand {
  static override id = 'commit'
  static override group = 'Images'
  static override description = "Create a new image from a service container's changes"
  static override examples = [
    { command: 'commit web shop/web:debug', description: 'An image of web as it is now' },
    { command: `commit -c 'CMD ["sh"]' -p=false web`, description: 'Without stopping it meanwhile, without a name' },
  ]
  static override usage = '[OPTIONS] SERVICE [REPOSITORY[:TAG]]'
  static override flags = {
    author: Flags.string({ char: 'a', description: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")' }),
    change: list({ char: 'c', helpValue: 'list', description: 'Apply Dockerfile instruction to the created image' }),
    index: integer('index', { description: 'index of the container if service has multiple replicas.' }),
    message: Flags.string({ char: 'm', description: 'Commit message' }),
    pause: Flags.boolean({ char: 'p', default: true, allowNo: true, description: 'Pause container during commit' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Commit)
    if (this.words.length < 1 || this.words.length > 2)
      throw new ComposeError('invalid_argument', `accepts between 1 and 2 arg(s), received ${this.words.length}`)
    const [service = '', target] = this.words
    const { name: projectName } = await this.loadProjectOrName()
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const { id, name } = await runningContainer(docker, projectName, service, flags.index)
      const teller = await openTeller(this)
      teller.working(name, 'Committing')
      const reference = target === undefined ? undefined : parseReference(target)
      if (this.globals.dryRun) return 0
      const { Id } = await docker
        .getContainer(id)
        .commit({
          ...(reference ? { repo: familiarName(reference), tag: reference.tag || 'latest' } : {}),
          author: flags.author,
          comment: flags.message,
          pause: flags.pause,
          changes: flags.change,
          abortSignal: signal,
        })
        .catch(throwFromDaemon)
      teller.done(name, `Committed as ${Id}`)
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Commit)
