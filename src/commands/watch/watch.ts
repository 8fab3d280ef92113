// `watch`: files of this machine are kept in step with the containers that are made of them.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { interruptible } from '../../cli/perform.ts'
import { ComposeError } from '../../shared/errors.ts'
import { convergeNow, loadSelected } from '../up/converge.ts'
import { plainOptions } from '../up/up-flags.ts'
import { type WatchRule, watchRules } from './rules.ts'
import { watchSession } from './session.ts'

class Watch extends ComposeCommand {
  static override id = 'watch'
  static override group = 'Stacks'
  static override description = 'Watch build context for service and rebuild/refresh containers when files are updated'
  static override examples = [
    { command: 'watch', description: 'Start everything and keep it in step with the files' },
    { command: 'watch --no-up web', description: 'Only web, which runs already' },
  ]
  static override usage = '[SERVICE...]'
  static override flags = {
    'no-up': Flags.boolean({ description: 'Do not build & start services before watching' }),
    prune: Flags.boolean({ default: true, allowNo: true, description: 'Prune dangling images on rebuild' }),
    quiet: Flags.boolean({ description: 'hide build output' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Watch)
    const project = await loadSelected(this, this.words, false)
    // Before anything is made.
    const rules = watchRules(project)
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      if (!flags['no-up'])
        await this.inTurn(project.name, signal, own =>
          convergeNow({
            command: this,
            docker,
            project,
            options: { ...plainOptions(this.words), build: 'always', start: true },
            assumeYes: false,
            signal: own,
            quietBuild: flags.quiet,
          }),
        )
      if (this.globals.dryRun) {
        process.stdout.write(rules.map(watchLine).join(''))
        return 0
      }
      const say = (line: string) => void process.stdout.write(`${line}\n`)
      await watchSession({ command: this, docker, project, signal, say, quiet: flags.quiet, prune: flags.prune })
      throw new ComposeError('canceled', 'interrupted')
    } finally {
      dispose()
    }
  }
}

/** What would be watched, and what a change would do. */
function watchLine({ service, trigger: { path, action, target } }: WatchRule): string {
  return `watch ${path} for ${service}: ${action}${target === undefined ? '' : ` to ${target}`}\n`
}

export const run = runner(Watch)
