// `stop`: acts on the containers that a project has; it creates none.

import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, integer, runner } from '../cli/command.ts'
import { planStop } from '../scheduler/plan/plan-verbs.ts'

class Stop extends ComposeCommand {
  static override id = 'stop'
  static override description = 'Stop services'
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    timeout: integer('timeout', 't', 'Specify a shutdown timeout in seconds'),
  }

  async run(): Promise<number> {
    const { flags, argv } = await this.parse(Stop)
    const { timeout } = flags
    return actOnContainers(this, argv.map(String), ({ containers }, options) => planStop(containers, options), {
      timeout,
    })
  }
}

export const run = runner(Stop)
