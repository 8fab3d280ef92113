// `restart`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { planRestart } from '../scheduler/plan/plan-verbs.ts'

class Restart extends ComposeCommand {
  static override id = 'restart'
  static override group = 'Stacks'
  static override description = 'Restart service containers'
  static override examples = [
    { command: 'restart', description: 'Restart everything' },
    { command: 'restart -t 1 web', description: 'Give web a second to stop' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'no-deps': Flags.boolean({ description: "Don't restart dependent services" }),
    timeout: integer('timeout', { char: 't', description: 'Specify a shutdown timeout in seconds' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Restart)
    const { timeout, 'no-deps': noDependents } = flags
    return actOnContainers(
      this,
      this.words,
      ({ containers }, options) => planRestart(containers, { ...options, noDependents }),
      { timeout },
    )
  }
}

export const run = runner(Restart)
