// `stop`: acts on the containers that a project has; it creates none.

import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { providerStops } from '../cli/providers.ts'
import { planStop } from '../scheduler/plan/plan-verbs.ts'

class Stop extends ComposeCommand {
  static override id = 'stop'
  static override group = 'Stacks'
  static override description = 'Stop services'
  static override examples = [
    { command: 'stop', description: 'Stop everything, keep the containers' },
    { command: 'stop -t 0 worker', description: 'Without a grace period' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    timeout: integer('timeout', { char: 't', description: 'Specify a shutdown timeout in seconds' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Stop)
    const { timeout } = flags
    return actOnContainers(
      this,
      this.words,
      async ({ containers }, options, project, signal) =>
        planStop(containers, { ...options, providerStop: await providerStops(project, signal) }),
      { timeout },
    )
  }
}

export const run = runner(Stop)
