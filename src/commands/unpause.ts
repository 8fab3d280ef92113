// `unpause`: acts on the containers that a project has; it creates none.
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { planPause } from '../scheduler/plan/plan-verbs.ts'

class Unpause extends ComposeCommand {
  static override id = 'unpause'
  static override group = 'Stacks'
  static override description = 'Unpause services'
  static override examples = [
    { command: 'unpause', description: 'Go on with everything' },
    { command: 'unpause worker', description: 'Go on with one service' },
  ]
  static override usage = '[SERVICE...]'

  async run(): Promise<number> {
    await this.parse(Unpause)
    return actOnContainers(this, this.words, ({ containers }, options) =>
      planPause(containers, options, 'unpauseContainer'),
    )
  }
}

export const run = runner(Unpause)
