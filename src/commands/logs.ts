// `logs`: what a project's containers wrote, with prefixes; -f goes on until they end.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, checkServices, runner, warnUnreadable } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { ansiOf, interruptible } from '../cli/perform.ts'
import { engineTime } from '../cli/time.ts'
import { warn } from '../cli/warn.ts'
import { extensions } from '../docker/protocol/extensions.ts'
import { attachSession, type Followed } from '../scheduler/follow/attach-session.ts'
import { mergedLogs } from '../scheduler/follow/merged-logs.ts'
import { shortName } from '../scheduler/observe/names.ts'
import { isAlive, type ObservedContainer, observe } from '../scheduler/observe/observe.ts'
import { ComposeError } from '../shared/errors.ts'
import { logPrinter } from '../ui/log-printer.ts'
import { palette } from '../ui/palette.ts'

class Logs extends ComposeCommand {
  static override id = 'logs'
  static override group = 'Containers'
  static override description = 'View output from containers'
  static override examples = [
    { command: 'logs -f --tail 20 web', description: 'The last 20 lines of web, and what comes' },
    { command: 'logs --since 10m', description: 'What everything wrote in the last ten minutes' },
  ]
  static override usage = '[OPTIONS] [SERVICE...]'
  static override flags = {
    history: Flags.boolean({
      description: 'Also what earlier containers of the service wrote, up to the last down',
    }),
    follow: Flags.boolean({ char: 'f', description: 'Follow log output' }),
    index: integer('index', { description: 'index of the container if service has multiple replicas' }),
    'no-color': Flags.boolean({ description: 'Produce monochrome output' }),
    'no-log-prefix': Flags.boolean({ description: "Don't print prefix in logs" }),
    since: Flags.string({
      description: 'Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m)',
    }),
    tail: Flags.string({
      char: 'n',
      default: 'all',
      description: 'Number of lines to show from the end of the logs for each container',
    }),
    timestamps: Flags.boolean({ char: 't', description: 'Show timestamps' }),
    until: Flags.string({ description: 'Show logs before a timestamp or relative' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Logs)
    const services = this.words
    if (flags.index !== undefined && services.length !== 1)
      throw new ComposeError('invalid_argument', '--index requires one service to be selected')
    const { name: projectName, project } = await this.loadProjectOrName(services)
    if (project) checkServices(project, services)
    const window = {
      tail: /^\d+$/.test(flags.tail) ? flags.tail : 'all',
      timestamps: flags.timestamps,
      since: flags.since === undefined ? undefined : engineTime('since', flags.since),
      until: flags.until === undefined ? undefined : engineTime('until', flags.until),
      history: flags.history,
    }
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      if (flags.history && !docker.hasExtension('logHistory')) warn(`--history: ${extensions.logHistory.ofDocker}`)
      const { containers } = await observe(docker, { projectName, abortSignal: signal })
      const wanted =
        services.length > 0
          ? services
          : project
            ? Object.keys(project.services).filter(name => project.services[name]?.attach !== false)
            : containers.map(({ service }) => service)
      const shown = containers.filter(
        ({ service, oneOff, number }) =>
          wanted.includes(service) && !oneOff && (flags.index === undefined || number === flags.index),
      )
      // With a number it is that container's alone, else also what another command brings.
      const isWanted = ({ name, service }: Followed) =>
        flags.index === undefined ? wanted.includes(service) : shown.some(one => one.name === name)
      if (flags.index !== undefined && shown.length === 0) {
        throw new ComposeError('not_found', `service "${services[0]}" is not running container #${flags.index}`)
      }
      const { stdout, stderr, env } = process
      const colours = palette({ ansi: ansiOf(this), env, stream: stdout, asked: !flags['no-color'] })
      const printer = logPrinter({ stdout, stderr, palette: colours, prefix: !flags['no-log-prefix'] })
      const short = (name: string) => shortName(projectName, name)
      const { timestamps, ...period } = window
      const history = (of: readonly ObservedContainer[]) =>
        mergedLogs(docker, {
          containers: of,
          window: { ...period, abortSignal: signal },
          onLine: ({ name }, line, time) => printer.line(short(name), timestamps ? `${time} ${line}` : line),
          onPause: printer.flush,
          onUnreadable: ({ name }, error) => warnUnreadable(name, error),
        })
      if (!flags.follow) {
        printer.gather()
        await history(shown)
        return 0
      }
      const session = await attachSession(docker, {
        projectName,
        monitored: isWanted,
        attached: isWanted,
        signal,
        revive: this.reviver(signal),
        ...window,
        onLine: ({ name }, line) => printer.line(short(name), line),
        onUnreadable: ({ name }, error) => warnUnreadable(name, error),
        onExit: ({ name }, code, restarting) => printer.exit(short(name), code, restarting),
      })
      const ended = shown.filter(container => !isAlive(container))
      for (const container of shown) if (isAlive(container)) session.follow(container, window)
      // Of a container that is started again only what is new is shown then.
      await Promise.all(ended.map(container => session.seen(container)))
      await history(ended)
      // What has ended may be started again: as with Docker Compose only an interruption ends the wait for it.
      if (ended.length > 0)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      else await session.ended()
      if (signal.aborted) throw new ComposeError('canceled', 'canceled')
      await session.close()
      return 0
    } catch (error) {
      if (signal.aborted) throw new ComposeError('canceled', 'canceled', { cause: error })
      throw error
    } finally {
      dispose()
    }
  }
}

export const run = runner(Logs)
