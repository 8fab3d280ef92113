// `stop`: acts on the containers that a project has; it creates none.

import { ComposeCommand, integer, runner } from '../cli/command.ts'
import { interruptible, perform, verbOptions } from '../cli/perform.ts'
import { observe } from '../scheduler/observe/observe.ts'
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
    const services = argv.map(String)
    const { name, project } = await this.loadProjectOrName(services)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: name, abortSignal: signal })
        const planned = planStop(observed.containers, verbOptions(project, observed, services, flags.timeout))
        await perform({ command: this, docker, projectName: name, observed, planned, signal })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Stop)
