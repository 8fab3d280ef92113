// `create`: the containers of `up`, not started.
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible } from '../cli/perform.ts'
import { convergeNow, loadSelected } from './up/converge.ts'
import { checkCreateFlags, createFlags, createOptions } from './up/up-flags.ts'

class Create extends ComposeCommand {
  static override id = 'create'
  static override group = 'Stacks'
  static override description = 'Creates containers for a service'
  static override examples = [
    { command: 'create', description: 'Make everything, start nothing' },
    { command: 'create --force-recreate web', description: 'Make web anew, whatever it was' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = createFlags

  async run(): Promise<number> {
    const { flags } = await this.parse(Create)
    const services = this.words
    checkCreateFlags(flags)
    const project = await loadSelected(this, services, false)
    const { signal, dispose } = interruptible()
    try {
      await this.inTurn(project.name, signal, own =>
        this.withEngine(own, docker =>
          convergeNow({
            command: this,
            docker,
            project,
            options: createOptions(flags, project, services),
            assumeYes: flags.yes,
            signal: own,
            quietBuild: flags['quiet-build'],
          }),
        ),
      )
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Create)
