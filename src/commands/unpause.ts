// `unpause`: acts on the containers that a project has; it creates none.
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible, perform, verbOptions } from '../cli/perform.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planPause } from '../scheduler/plan/plan-verbs.ts'

class Unpause extends ComposeCommand {
  static override id = 'unpause'
  static override description = 'Unpause services'
  static override usage = '[SERVICE...]'

  async run(): Promise<number> {
    const { argv } = await this.parse(Unpause)
    const services = argv.map(String)
    const { name, project } = await this.loadProjectOrName(services)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: name, abortSignal: signal })
        const planned = planPause(observed.containers, verbOptions(project, observed, services), 'unpauseContainer')
        await perform({ command: this, docker, projectName: name, observed, planned, signal })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Unpause)
