// `run`: one command in a container of its own, made of a service; what the service depends on is started first.
import * as Flags from '@oclif/core/flags'
import { attachedContainer, codeOf } from '../../cli/attached/attached-container.ts'
import { chosenDetachKeys } from '../../cli/attached/detach-keys.ts'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { list } from '../../cli/flags.ts'
import { interruptible, perform } from '../../cli/perform.ts'
import { prepare } from '../../cli/prepare.ts'
import { requireWords } from '../../cli/service-container.ts'
import { warn } from '../../cli/warn.ts'
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import type { ContainerDraft } from '../../scheduler/border/draft.ts'
import { oneOffDraft } from '../../scheduler/border/one-off.ts'
import { throwFromDaemon } from '../../scheduler/execute/told.ts'
import { planRun } from '../../scheduler/plan/plan-run.ts'
import { ComposeError } from '../../shared/errors.ts'
import { loadSelected } from '../up/converge.ts'
import { checkCreateFlags, createOptions } from '../up/up-flags.ts'
import { bindsOf, overridden } from './overrides.ts'

class Run extends ComposeCommand {
  static override id = 'run'
  static override group = 'Containers'
  static override description = 'Run a one-off command on a service'
  static override examples = [
    { command: 'run --rm web npm test', description: 'Tests in a container of web, removed afterwards' },
    { command: 'run --rm -P --entrypoint sh web', description: "A shell, with web's ports" },
  ]
  static override usage = '[OPTIONS] SERVICE [COMMAND] [ARGS...]'
  static override stopAtArgument = true
  static override flags = {
    build: Flags.boolean({ description: 'Build image before starting container' }),
    'cap-add': list({ helpValue: 'list', description: 'Add Linux capabilities' }),
    'cap-drop': list({ helpValue: 'list', description: 'Drop Linux capabilities' }),
    detach: Flags.boolean({ char: 'd', description: 'Run container in background and print container ID' }),
    entrypoint: Flags.string({ description: 'Override the entrypoint of the image' }),
    env: list({ char: 'e', description: 'Set environment variables' }),
    'env-from-file': list({ description: 'Set environment variables from file' }),
    interactive: Flags.boolean({
      char: 'i',
      default: true,
      description: 'Keep STDIN open even if not attached',
    }),
    label: list({ char: 'l', aliases: ['labels'], description: 'Add or override a label' }),
    name: Flags.string({ description: 'Assign a name to the container' }),
    'no-deps': Flags.boolean({ description: "Don't start linked services" }),
    'no-tty': Flags.boolean({ char: 'T', aliases: ['no-TTY'], description: 'Disable pseudo-TTY allocation' }),
    publish: list({ char: 'p', description: "Publish a container's port(s) to the host" }),
    pull: Flags.string({ default: 'policy', description: 'Pull image before running ("always"|"missing"|"never")' }),
    quiet: Flags.boolean({ char: 'q', description: "Don't print anything to STDOUT" }),
    'quiet-build': Flags.boolean({ description: 'Suppress progress output from the build process' }),
    'quiet-pull': Flags.boolean({ description: 'Pull without printing progress information' }),
    'remove-orphans': Flags.boolean({ description: 'Remove containers for services not defined in the Compose file' }),
    rm: Flags.boolean({ description: 'Automatically remove the container when it exits' }),
    'service-ports': Flags.boolean({
      char: 'P',
      description: "Run command with all service's ports enabled and mapped to the host",
    }),
    tty: Flags.boolean({ char: 't', hidden: true }),
    'use-aliases': Flags.boolean({
      description: "Use the service's network useAliases in the network(s) the container connects to",
    }),
    user: Flags.string({ char: 'u', description: 'Run as specified username or uid' }),
    volume: list({ char: 'v', aliases: ['volumes'], description: 'Bind mount a volume' }),
    workdir: Flags.string({ char: 'w', description: 'Working directory inside the container' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Run)
    requireWords(this.words, 1)
    const [serviceName = '', ...command] = this.words
    if (flags['service-ports'] && flags.publish.length > 0)
      throw new ComposeError('invalid_argument', '--service-ports and --publish are incompatible')
    const create = { ...flags, 'force-recreate': false, 'no-build': false, 'no-recreate': false, scale: [] }
    checkCreateFlags(create)
    const project = await loadSelected(this, [serviceName], flags['no-deps'])
    const service = project.services[serviceName]
    if (!service) throw new ComposeError('not_found', `no such service: ${serviceName}`)
    const { stdin, stdout } = process
    const tty = !flags['no-tty'] && !flags.detach && stdout.isTTY === true && stdin.isTTY === true
    const interactive = flags.interactive && !flags.detach
    // Once more when providers have said what they give.
    const draftOf = (known: Project, name: string | undefined) =>
      oneOffDraft(known, {
        service: overridden(known, known.services[serviceName] ?? service, flags, command, { tty, interactive }, warn),
        name,
        autoRemove: flags.rm,
        useAliases: flags['use-aliases'],
        interactive,
        binds: bindsOf(known, flags.volume),
      })
    const draft = draftOf(project, flags.name || undefined)
    const options = { quiet: flags.quiet, quietBuild: flags['quiet-build'], named: Boolean(flags.name) }
    const docker = await this.prepare(project, draft, known => draftOf(known, draft.name), create, options)
    if (!docker) return 0
    try {
      return flags.detach
        ? await startInBackground(docker, draft)
        : await this.attached(docker, draft, { tty, interactive, autoRemove: flags.rm })
    } finally {
      docker.close()
    }
  }

  /** Makes the container and what it needs. Undefined: with --dry-run there is none. */
  private async prepare(
    project: Project,
    draft: ContainerDraft,
    draftOf: (project: Project) => ContainerDraft,
    flags: Parameters<typeof createOptions>[0],
    { quiet, quietBuild, named }: { quiet: boolean; quietBuild: boolean; named: boolean },
  ): Promise<Docker | undefined> {
    const { signal, dispose } = interruptible()
    if (quiet) this.globals.progress = 'quiet'
    try {
      await this.inTurn(project.name, signal, own =>
        this.withEngine(own, async docker => {
          const prepared = await prepare({
            command: this,
            docker,
            project,
            options: { ...createOptions(flags, project, []), start: true },
            signal: own,
            quietBuild,
          })
          const { project: known, observed, options } = prepared
          // After a loss of the engine it may be there already.
          if (!named && observed.containers.some(({ name }) => name === draft.name)) return
          const planned = planRun(known, observed, known === project ? draft : draftOf(known), options)
          await perform({ command: this, docker, projectName: project.name, observed, planned, signal: own })
        }),
      )
      return this.globals.dryRun ? undefined : await this.engine(signal)
    } finally {
      dispose()
    }
  }

  private async attached(
    docker: Docker,
    draft: ContainerDraft,
    options: { tty: boolean; interactive: boolean; autoRemove: boolean },
  ): Promise<number> {
    const container = docker.getContainer(draft.name)
    const result = await attachedContainer(docker, draft.name, {
      ...options,
      detachKeys: chosenDetachKeys(),
      proxySignals: true,
      revive: this.reviver(new AbortController().signal),
      start: () => container.start().catch(error => removeUnstarted(docker, draft, options.autoRemove, error)),
    })
    return codeOf(result)
  }
}

async function startInBackground(docker: Docker, draft: ContainerDraft): Promise<number> {
  const { Id = '' } = await docker.getContainer(draft.name).inspect()
  await docker
    .getContainer(Id)
    .start()
    .catch(error => removeUnstarted(docker, draft, draft.body.HostConfig?.AutoRemove === true, error))
  process.stdout.write(`${Id}\n`)
  return 0
}

/** What never ran does not end either: nobody else would remove it. */
async function removeUnstarted(
  docker: Docker,
  { name }: ContainerDraft,
  remove: boolean,
  error: unknown,
): Promise<never> {
  if (remove)
    await docker
      .getContainer(name)
      .remove({ force: true, v: true })
      .catch(() => {})
  return throwFromDaemon(error)
}

export const run = runner(Run)
