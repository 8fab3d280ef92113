// `restart`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, integer, runner } from '../cli/command.ts'
import { interruptible, perform, verbOptions } from '../cli/perform.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planRestart } from '../scheduler/plan/plan-verbs.ts'

class Restart extends ComposeCommand {
  static override id = 'restart'
  static override description = 'Restart service containers'
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'no-deps': Flags.boolean({ description: "Don't restart dependent services" }),
    timeout: integer('timeout', 't', 'Specify a shutdown timeout in seconds'),
  }

  async run(): Promise<number> {
    const { flags, argv } = await this.parse(Restart)
    const services = argv.map(String)
    const { name, project } = await this.loadProjectOrName(services)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: name, abortSignal: signal })
        const planned = planRestart(observed.containers, {
          ...verbOptions(project, observed, services, flags.timeout),
          noDependents: flags['no-deps'],
        })
        await perform({ command: this, docker, projectName: name, observed, planned, signal })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Restart)
