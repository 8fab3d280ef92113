// `start`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { planStart } from '../scheduler/plan/plan-verbs.ts'

class Start extends ComposeCommand {
  static override id = 'start'
  static override group = 'Stacks'
  static override description = 'Start services'
  static override examples = [
    { command: 'start', description: 'Start what was stopped' },
    { command: 'start --wait db', description: 'Return when db is healthy' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    wait: Flags.boolean({ description: 'Wait for services to be running|healthy' }),
    'wait-timeout': integer('wait-timeout', {
      description: 'Maximum duration in seconds to wait for the project to be running|healthy',
    }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Start)
    return actOnContainers(
      this,
      this.words,
      ({ containers }, options) => planStart(containers, { ...options, wait: flags.wait }),
      { waitLimit: flags['wait-timeout'] },
    )
  }
}

export const run = runner(Start)
