// `start`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, integer, runner } from '../cli/command.ts'
import { interruptible, perform, verbOptions, withWaitLimit } from '../cli/perform.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planStart } from '../scheduler/plan/plan-verbs.ts'

class Start extends ComposeCommand {
  static override id = 'start'
  static override description = 'Start services'
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    wait: Flags.boolean({ description: 'Wait for services to be running|healthy' }),
    'wait-timeout': integer(
      'wait-timeout',
      undefined,
      'Maximum duration in seconds to wait for the project to be running|healthy',
    ),
  }

  async run(): Promise<number> {
    const { flags, argv } = await this.parse(Start)
    const services = argv.map(String)
    const { name, project } = await this.loadProjectOrName(services)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: name, abortSignal: signal })
        const planned = planStart(observed.containers, {
          ...verbOptions(project, observed, services),
          wait: flags.wait,
        })
        await withWaitLimit(flags['wait-timeout'], signal, limited =>
          perform({ command: this, docker, projectName: name, observed, planned, signal: limited }),
        )
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Start)
