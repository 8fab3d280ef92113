// `kill`: acts on the containers that a project has; it creates none.
import * as Flags from '@oclif/core/flags'
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import type { ObservedContainer } from '../scheduler/observe/observe.ts'
import { isOrphan } from '../scheduler/plan/plan-up.ts'
import { planKill } from '../scheduler/plan/plan-verbs.ts'

class Kill extends ComposeCommand {
  static override id = 'kill'
  static override group = 'Stacks'
  static override description = 'Force stop service containers'
  static override examples = [
    { command: 'kill', description: 'End everything at once' },
    { command: 'kill -s HUP web', description: 'Have web read its configuration anew' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'remove-orphans': Flags.boolean({
      description: 'Also kill containers of services not defined in the Compose file',
    }),
    signal: Flags.string({ char: 's', default: 'SIGKILL', description: 'SIGNAL to send to the container' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Kill)
    return actOnContainers(this, this.words, ({ containers }, { graph, services }, project) => {
      const wanted = services.length > 0 ? services : Object.keys(graph)
      const orphan = (container: ObservedContainer) =>
        flags['remove-orphans'] && project !== undefined && isOrphan(project, container)
      const reached = containers.filter(one => (wanted.includes(one.service) && !one.oneOff) || orphan(one))
      const planned = planKill(reached, flags.signal)
      if (planned.plan.length === 0) process.stderr.write('No container to kill\n')
      return planned
    })
  }
}

export const run = runner(Kill)
