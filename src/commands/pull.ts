// `pull`: brings the images of services, all at once.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible, perform } from '../cli/perform.ts'
import { warn, warnAll } from '../cli/warn.ts'
import { selectServices } from '../model/load/load.ts'
import { withDefaultPlatforms } from '../model/project/platform.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planPull } from '../scheduler/plan/plan-pull.ts'

class Pull extends ComposeCommand {
  static override id = 'pull'
  static override group = 'Images'
  static override description = 'Pull service images'
  static override examples = [
    { command: 'pull', description: 'The newest of every image' },
    { command: 'pull --policy missing --include-deps web', description: 'What web and its dependencies lack' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    'ignore-buildable': Flags.boolean({ description: 'Ignore images that can be built' }),
    'ignore-pull-failures': Flags.boolean({ description: 'Pull what it can and ignores images with pull failures' }),
    'include-deps': Flags.boolean({ description: 'Also pull services declared as dependencies' }),
    policy: Flags.string({ description: 'Apply pull policy ("missing"|"always")' }),
    quiet: Flags.boolean({ char: 'q', description: 'Pull without printing progress information' }),
    parallel: Flags.boolean({ hidden: true }),
    'no-parallel': Flags.boolean({ hidden: true }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Pull)
    const policy = flags.policy || undefined
    for (const old of ['parallel', 'no-parallel'] as const)
      if (flags[old])
        warn(`--${old} has no effect: images are pulled in parallel, --parallel before the command limits it`)
    if (policy !== undefined && policy !== 'missing' && policy !== 'always')
      warn(`--policy ${policy} is none of missing and always: taken for missing`)
    const loaded = await this.loadProject(this.words)
    warnAll(loaded.warnings)
    const dependencies = flags['include-deps'] ? 'include' : 'ignore'
    const project = withDefaultPlatforms(selectServices(loaded, this.words, { dependencies }))
    const images = Object.values(project.services).flatMap(({ image }) => image ?? [])
    const { signal, dispose } = interruptible()
    try {
      await this.withEngine(signal, async docker => {
        const observed = await observe(docker, { projectName: project.name, images, abortSignal: signal })
        const planned = planPull(project, observed, {
          policy: policy === undefined || policy === 'always' ? policy : 'missing',
          quiet: flags.quiet,
          ignoreFailures: flags['ignore-pull-failures'],
          ignoreBuildable: flags['ignore-buildable'],
        })
        await perform({ command: this, docker, projectName: project.name, observed, planned, signal })
        if (this.globals.dryRun || flags['ignore-buildable']) return
        const buildable = Object.values(project.services).filter(({ build, image }) => build && image)
        const after = await observe(docker, {
          projectName: project.name,
          images: buildable.flatMap(({ image }) => image ?? []),
          abortSignal: signal,
        })
        const missing = buildable.filter(({ image = '' }) => after.images[image] === undefined)
        if (missing.length > 0)
          warn(
            `Some service image(s) must be built from source by running:\n    tsc-compose build ${missing.map(({ name }) => name).join(' ')}`,
          )
      })
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Pull)
