// `pause`: acts on the containers that a project has; it creates none.
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { planPause } from '../scheduler/plan/plan-verbs.ts'

class Pause extends ComposeCommand {
  static override id = 'pause'
  static override group = 'Stacks'
  static override description = 'Pause services'
  static override examples = [
    { command: 'pause', description: 'Freeze everything' },
    { command: 'pause worker', description: 'Freeze one service' },
  ]
  static override usage = '[SERVICE...]'

  async run(): Promise<number> {
    await this.parse(Pause)
    return actOnContainers(this, this.words, ({ containers }, options) =>
      planPause(containers, options, 'pauseContainer'),
    )
  }
}

export const run = runner(Pause)
