// `push`: takes the images of services that are built to their registries, all at once.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible, perform } from '../cli/perform.ts'
import { warnAll } from '../cli/warn.ts'
import { selectServices } from '../model/load/load.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planPush } from '../scheduler/plan/plan-push.ts'

class Push extends ComposeCommand {
  static override id = 'push'
  static override group = 'Images'
  static override description = 'Push service images'
  static override examples = [
    { command: 'push', description: 'Every image that is built here' },
    { command: 'push --ignore-push-failures --include-deps web', description: 'Those of web and its dependencies' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'ignore-push-failures': Flags.boolean({ description: 'Push what it can and ignores images with push failures' }),
    'include-deps': Flags.boolean({ description: 'Also push images of services declared as dependencies' }),
    quiet: Flags.boolean({ char: 'q', description: 'Push without printing progress information' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Push)
    const loaded = await this.loadProject(this.words)
    warnAll(loaded.warnings)
    const dependencies = flags['include-deps'] ? 'include' : 'ignore'
    const project = selectServices(loaded, this.words, { dependencies })
    const planned = planPush(project, { quiet: flags.quiet, ignoreFailures: flags['ignore-push-failures'] })
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: project.name, images: [], abortSignal: signal })
        await perform({ command: this, docker, projectName: project.name, observed, planned, signal })
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Push)
