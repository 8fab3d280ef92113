// `wait`: until containers have ended; each end is printed, and the last one's code is ours.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { interruptible, perform } from '../cli/perform.ts'
import { providersOf } from '../cli/providers.ts'
import { isActive, observe } from '../scheduler/observe/observe.ts'
import { planDown } from '../scheduler/plan/plan-down.ts'
import { ComposeError } from '../shared/errors.ts'

class Wait extends ComposeCommand {
  static override id = 'wait'
  static override group = 'Stacks'
  static override description = 'Block until containers of all (or specified) services stop.'
  static override examples = [
    { command: 'wait tests', description: 'Exit as the container of tests does' },
    { command: 'wait --down-project tests', description: 'And take the project down then' },
  ]
  static override usage = 'SERVICE [SERVICE...] [OPTIONS]'
  static override flags = {
    'down-project': Flags.boolean({ description: 'Drops project when the first container stops' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Wait)
    if (this.words.length === 0)
      throw new ComposeError('invalid_argument', "'tsc-compose wait' requires at least 1 argument", {
        hint: 'tsc-compose wait SERVICE [SERVICE...]',
      })
    const { name: projectName, project } = await this.loadProjectOrName()
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const { containers } = await observe(docker, { projectName, abortSignal: signal })
      const running = containers.filter(container => this.words.includes(container.service) && isActive(container))
      if (running.length === 0) throw new ComposeError('not_found', `no containers for project "${projectName}"`)
      if (this.globals.dryRun) {
        process.stdout.write(running.map(({ name }) => `wait for container ${name}\n`).join(''))
        return 0
      }
      let code = 0
      const ends = running.map(async ({ id }) => {
        const { StatusCode } = await docker.getContainer(id).wait({ abortSignal: signal })
        process.stdout.write(`container "${id}" exited with status code ${StatusCode}\n`)
        code = StatusCode
      })
      await Promise.all(ends)
      if (flags['down-project']) {
        await this.inTurn(projectName, signal, async own => {
          const observed = await observe(docker, { projectName, resources: true, abortSignal: own })
          const options = { projectName, project, services: [], removeOrphans: false, volumes: false } as const
          const providers = await providersOf(project, own)
          const planned = planDown(providers ? { ...observed, providers } : observed, {
            ...options,
            images: 'none',
            timeout: undefined,
          })
          await perform({ command: this, docker, projectName, observed, planned, signal: own })
        })
      }
      return code
    } finally {
      dispose()
    }
  }
}

export const run = runner(Wait)
