// `down`: stops and removes a project's containers and networks; volumes and images only when asked.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, checkServices, isTrue, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { interruptible, perform } from '../cli/perform.ts'
import { providersOf } from '../cli/providers.ts'
import { warn } from '../cli/warn.ts'
import { observe } from '../scheduler/observe/observe.ts'
import { planDown } from '../scheduler/plan/plan-down.ts'
import { imagesOf } from '../scheduler/plan/plan-up.ts'
import { ComposeError } from '../shared/errors.ts'

class Down extends ComposeCommand {
  static override id = 'down'
  static override group = 'Stacks'
  static override description = 'Stop and remove containers, networks'
  static override examples = [
    { command: 'down', description: 'Stop and remove the stack' },
    { command: 'down --all', description: 'The services of every profile too' },
    { command: 'down -v --rmi local', description: 'Its volumes and the images built for it too' },
  ]
  static override usage = '[OPTIONS] [SERVICES]'
  static override flags = {
    all: Flags.boolean({ description: 'Take the services of profiles that are not enabled too' }),
    'remove-orphans': Flags.boolean({ description: 'Remove containers for services not defined in the Compose file' }),
    rmi: Flags.string({ description: 'Remove images used by services: local or all' }),
    timeout: integer('timeout', { char: 't', description: 'Specify a shutdown timeout in seconds' }),
    volumes: Flags.boolean({ char: 'v', description: 'Remove named and anonymous volumes' }),
    volume: Flags.boolean({ hidden: true }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Down)
    const services = this.words
    if (flags.rmi !== undefined && flags.rmi !== 'all' && flags.rmi !== 'local') {
      throw new ComposeError('invalid_argument', `invalid value for --rmi: "${flags.rmi}"`)
    }
    if (flags.volume) warn('--volume is deprecated, please use --volumes')
    const images = flags.rmi ?? 'none'
    if (flags.all) this.globals = { ...this.globals, profiles: ['*'] }
    const { name, project } = await this.loadProjectOrName(services)
    if (project) checkServices(project, services)
    const { signal, dispose } = interruptible()
    try {
      await this.inTurn(name, signal, own =>
        this.withEngine(own, async docker => {
          const tags = Object.values(project?.services ?? {}).flatMap(({ build }) => build?.tags ?? [])
          const wanted = project && images !== 'none' ? [...imagesOf(project), ...tags] : []
          const observed = await observe(docker, {
            projectName: name,
            images: wanted,
            resources: true,
            abortSignal: own,
          })
          const providers = await providersOf(project, own)
          const planned = planDown(providers ? { ...observed, providers } : observed, {
            projectName: name,
            project,
            services,
            removeOrphans: flags['remove-orphans'] || isTrue(process.env.COMPOSE_REMOVE_ORPHANS),
            volumes: flags.volumes || flags.volume,
            images,
            timeout: flags.timeout,
          })
          // A network of the files might have been there; without any there is nothing this could have been about.
          if (planned.plan.length === 0 && Object.keys(project?.networks ?? {}).length === 0) {
            warn(`Warning: No resource found to remove for project "${name}".`)
          }
          await perform({ command: this, docker, projectName: name, observed, planned, signal: own })
        }),
      )
      return 0
    } finally {
      dispose()
    }
  }
}

export const run = runner(Down)
