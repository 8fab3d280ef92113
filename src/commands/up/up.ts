// `up`: brings the project to what its files say; attached it then shows what the containers write until they end.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, isTrue, runner } from '../../cli/command.ts'
import { integer, list } from '../../cli/flags.ts'
import { ansiOf, interruptible, perform, withWaitLimit } from '../../cli/perform.ts'
import { warn } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import { checkPorts } from '../../scheduler/execute/port-check.ts'
import { ComposeError } from '../../shared/errors.ts'
import { watchRules } from '../watch/rules.ts'
import { attachedUp } from './attached-up.ts'
import { converging, loadSelected } from './converge.ts'
import { checkCreateFlags, createFlags, createOptions } from './up-flags.ts'

class Up extends ComposeCommand {
  static override id = 'up'
  static override group = 'Stacks'
  static override description = 'Create and start containers'
  static override examples = [
    { command: 'up', description: 'Start everything and show its output' },
    { command: 'up -d --wait', description: 'Start everything and return when it is ready' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    ...createFlags,
    'abort-on-container-exit': Flags.boolean({
      helpGroup: 'Waiting and ending',
      description: 'Stops all containers if any container was stopped',
    }),
    'abort-on-container-failure': Flags.boolean({
      helpGroup: 'Waiting and ending',
      description: 'Stops all containers if any container exited with failure',
    }),
    'always-recreate-deps': Flags.boolean({ helpGroup: 'Containers', description: 'Recreate dependent containers' }),
    attach: list({ helpGroup: 'Output', description: 'Restrict attaching to the specified services' }),
    'attach-dependencies': Flags.boolean({
      helpGroup: 'Output',
      description: 'Automatically attach to log output of dependent services',
    }),
    detach: Flags.boolean({ char: 'd', description: 'Detached mode: Run containers in the background' }),
    'exit-code-from': Flags.string({
      helpGroup: 'Waiting and ending',
      description: 'Return the exit code of the selected service container',
    }),
    menu: Flags.boolean({
      helpGroup: 'Output',
      description: 'Enable interactive shortcuts when running attached',
      allowNo: true,
    }),
    'no-attach': list({ helpGroup: 'Output', description: 'Do not attach (stream logs) to the specified services' }),
    'no-color': Flags.boolean({ helpGroup: 'Output', description: 'Produce monochrome output' }),
    'no-deps': Flags.boolean({ helpGroup: 'Containers', description: "Don't start linked services" }),
    'no-log-prefix': Flags.boolean({ helpGroup: 'Output', description: "Don't print prefix in logs" }),
    'no-start': Flags.boolean({ helpGroup: 'Containers', description: "Don't start the services after creating them" }),
    'renew-anon-volumes': Flags.boolean({
      helpGroup: 'Containers',
      char: 'V',
      description: 'Recreate anonymous volumes instead of retrieving data from the previous containers',
    }),
    timeout: integer('timeout', {
      helpGroup: 'Waiting and ending',
      char: 't',
      description:
        'Use this timeout in seconds for container shutdown when attached or when containers are already running',
    }),
    timestamps: Flags.boolean({ helpGroup: 'Output', description: 'Show timestamps' }),
    wait: Flags.boolean({
      helpGroup: 'Waiting and ending',
      description: 'Wait for services to be running|healthy. Implies detached mode',
    }),
    'wait-timeout': integer('wait-timeout', {
      helpGroup: 'Waiting and ending',
      description: 'Maximum duration in seconds to wait for the project to be running|healthy',
    }),
    watch: Flags.boolean({
      char: 'w',
      description: 'Watch source code and rebuild/refresh containers when files are updated',
    }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Up)
    const services = this.words
    const abortOn =
      flags['exit-code-from'] || flags['abort-on-container-exit']
        ? 'exit'
        : flags['abort-on-container-failure']
          ? 'failure'
          : undefined
    checkCreateFlags(flags)
    checkUpFlags({ ...flags, abortOn })
    const project = await loadSelected(this, services, flags['no-deps'])
    checkAttached(project, flags)
    // Before anything is made.
    if (flags.watch) watchRules(project)
    const options = {
      ...createOptions(flags, project, services),
      recreateDependencies: flags['always-recreate-deps'] ? 'force' : flags['no-recreate'] ? 'never' : 'diverged',
      renewVolumes: flags['renew-anon-volumes'],
      timeout: flags.timeout === 0 ? undefined : flags.timeout,
      start: !flags['no-start'],
      wait: flags.wait && !flags['no-start'],
    } as const
    const around = { command: this, project, options, assumeYes: flags.yes, quietBuild: flags['quiet-build'] }
    const converge = (docker: Docker, own: AbortSignal) => converging({ ...around, docker, signal: own })
    const { signal, dispose } = interruptible()
    try {
      if (flags.detach || flags.wait || flags['no-start'] || this.globals.dryRun) {
        await this.inTurn(project.name, signal, own =>
          withWaitLimit(flags.wait ? flags['wait-timeout'] : undefined, own, limited =>
            this.withEngine(limited, async docker => {
              const converged = await converge(docker, limited)
              if (!this.globals.dryRun) await checkPorts(docker, project, converged.planned.plan, limited)
              await perform({ command: this, docker, projectName: project.name, ...converged, signal: limited })
            }),
          ),
        )
        return 0
      }
      const turn = await this.takeTurn(project.name, signal)
      const docker = await this.engine(signal)
      const converged = await converge(docker, signal)
      await checkPorts(docker, project, converged.planned.plan, signal)
      return await attachedUp({
        command: this,
        turn,
        docker,
        project,
        services,
        ...converged,
        replan: () => converge(docker, signal),
        abortOn,
        exitCodeFrom: flags['exit-code-from'],
        attach: flags.attach,
        noAttach: flags['no-attach'],
        attachDependencies: flags['attach-dependencies'],
        timestamps: flags.timestamps,
        colour: !flags['no-color'],
        prefix: !flags['no-log-prefix'],
        watch: flags.watch,
        menu: hasMenu(flags.menu, ansiOf(this)),
        interrupted: signal,
        releaseSignals: dispose,
      })
    } finally {
      dispose()
    }
  }
}

interface CheckedFlags {
  abortOn: 'exit' | 'failure' | undefined
  'abort-on-container-exit': boolean
  'abort-on-container-failure': boolean
  'always-recreate-deps': boolean
  attach: string[]
  'attach-dependencies': boolean
  detach: boolean
  'no-recreate': boolean
  'no-start': boolean
  'renew-anon-volumes': boolean
  wait: boolean
  watch: boolean
}

/** Combinations that contradict themselves, in Docker Compose's words, and what is not there yet, by name. */
function checkUpFlags(flags: CheckedFlags): void {
  const refuse = (text: string) => {
    throw new ComposeError('invalid_argument', text)
  }
  if (flags['always-recreate-deps'] && flags['no-recreate'])
    refuse('--always-recreate-deps and --no-recreate are incompatible')
  if (flags['renew-anon-volumes'] && flags['no-recreate'])
    refuse('--no-recreate and --renew-anon-volumes are incompatible')
  if (flags['abort-on-container-exit'] && flags['abort-on-container-failure'])
    refuse('--abort-on-container-failure cannot be combined with --abort-on-container-exit')
  const attaching = flags.attach.length > 0 || flags['attach-dependencies']
  if (flags.wait && (flags.abortOn || attaching))
    refuse('--wait cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies')
  if ((flags.detach || flags.wait) && (flags.abortOn || attaching || flags.watch)) {
    refuse(
      '--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, --attach-dependencies or --watch',
    )
  }
  if (flags.attach.length > 0 && flags['attach-dependencies'])
    refuse('cannot combine --attach and --attach-dependencies')
  if (flags['no-start'] && flags.watch) refuse('--no-start and --watch are incompatible')
}

/** On a terminal there are keys unless somebody does not want them; elsewhere there are none. */
function hasMenu(asked: boolean | undefined, ansi: string): boolean {
  const { stdin, stdout, env } = process
  const possible = stdin.isTTY && stdout.isTTY && stdout.columns > 0 && ansi !== 'never' && env.TERM !== 'dumb'
  if (asked && !possible) warn('--menu needs a terminal')
  return possible && (asked ?? (!env.COMPOSE_MENU || isTrue(env.COMPOSE_MENU)))
}

function checkAttached(project: Project, flags: { attach: string[]; 'exit-code-from': string | undefined }): void {
  const from = flags['exit-code-from']
  if (from !== undefined && !(from in project.services))
    throw new ComposeError('not_found', `no such service: ${from}: not found`)
  const unknown = flags.attach.filter(name => !(name in project.services))
  if (unknown.length > 0)
    throw new ComposeError('invalid_argument', `cannot attach to services not included in up: ${unknown.join(', ')}`)
}

export const run = runner(Up)
