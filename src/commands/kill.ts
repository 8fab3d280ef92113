// `kill`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible, perform, verbOptions } from '../cli/perform.ts'
import { type ObservedContainer, observe } from '../scheduler/observe/observe.ts'
import { isOrphan } from '../scheduler/plan/plan-up.ts'
import { planKill } from '../scheduler/plan/plan-verbs.ts'

class Kill extends ComposeCommand {
  static override id = 'kill'
  static override description = 'Force stop service containers'
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'remove-orphans': Flags.boolean({
      description: 'Also kill containers of services not defined in the Compose file',
    }),
    signal: Flags.string({ char: 's', default: 'SIGKILL', description: 'SIGNAL to send to the container' }),
  }

  async run(): Promise<number> {
    const { flags, argv } = await this.parse(Kill)
    const services = argv.map(String)
    const { name, project } = await this.loadProjectOrName(services)
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: name, abortSignal: signal })
        const { graph, services: named } = verbOptions(project, observed, services)
        const wanted = named.length > 0 ? named : Object.keys(graph)
        const orphan = (container: ObservedContainer) =>
          flags['remove-orphans'] && project !== undefined && isOrphan(project, container)
        const reached = observed.containers.filter(one => (wanted.includes(one.service) && !one.oneOff) || orphan(one))
        const planned = planKill(reached, flags.signal)
        if (planned.plan.length === 0) process.stderr.write('No container to kill\n')
        await perform({ command: this, docker, projectName: name, observed, planned, signal })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Kill)
