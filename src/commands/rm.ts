// `rm`: removes containers that have ended, with --stop those that run too.
import * as Flags from '@oclif/core/flags'
import { actOnContainers } from '../cli/act-on-containers.ts'
import { ask } from '../cli/ask.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { warn } from '../cli/warn.ts'
import { planRemove, removable } from '../scheduler/plan/plan-remove.ts'

class Rm extends ComposeCommand {
  static override id = 'rm'
  static override group = 'Stacks'
  static override description = 'Removes stopped service containers'
  static override examples = [
    { command: 'rm -f', description: 'Remove what has ended, without asking' },
    { command: 'rm -f -s -v web', description: 'Stop web, and remove it with its anonymous volumes' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    force: Flags.boolean({ char: 'f', description: "Don't ask to confirm removal" }),
    stop: Flags.boolean({ char: 's', description: 'Stop the containers, if required, before removing' }),
    volumes: Flags.boolean({ char: 'v', description: 'Remove any anonymous volumes attached to containers' }),
    all: Flags.boolean({ char: 'a', hidden: true }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Rm)
    if (flags.all) warn('--all has no effect: the containers of run are removed by down --remove-orphans')
    const { stop, volumes, force } = flags
    const nothing = { plan: [], warnings: [], consents: [] }
    return actOnContainers(this, this.words, async ({ containers }, verbOptions, _, signal) => {
      const options = { ...verbOptions, stop, volumes }
      const names = removable(containers, options).map(({ name }) => name)
      if (names.length === 0) {
        process.stderr.write('No stopped containers\n')
        return nothing
      }
      const question = `Going to remove ${names.join(', ')}`
      if (force) process.stdout.write(`${question}\n`)
      else if (!this.globals.dryRun && !(await ask(question, signal))) return nothing
      return planRemove(containers, options)
    })
  }
}

export const run = runner(Rm)
