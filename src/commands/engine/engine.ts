// `engine`: a look at the embedded engine, which otherwise comes and goes by itself.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { engineEntry, openEmbedded } from '../../cli/connection.ts'
import { engineProcesses, gone, runningEngine, shutDownEngine } from '../../cli/embedded.ts'
import { ComposeError, isErrno } from '../../shared/errors.ts'
import { engineRoots } from '../../shared/roots.ts'
import { memoryText } from '../../shared/size-text.ts'
import { diskUsage, prune } from './disk-usage.ts'
import { installService, uninstallService } from './engine-service.ts'

class Engine extends ComposeCommand {
  static override id = 'engine'
  static override group = 'Engine'
  static override description =
    'Look at the engine\n\nCommands:\n  status     Whether it runs, and what it holds\n  start      Start it, which other commands do by themselves\n  stop       Stop it and all containers, or with --keep-containers only the engine\n  logs       What it wrote\n  socket     The URL for DOCKER_HOST\n  df         What images, containers, volumes and the build cache take\n  prune      Remove the build cache and images without a name; --all: all that no container uses\n  install    Have systemd start it at boot; --dry-run prints the unit\n  uninstall  Take the unit back'
  static override examples = [
    { command: 'engine status', description: 'What the engine holds' },
    { command: 'engine socket', description: 'What to set DOCKER_HOST to' },
  ]
  static override usage = 'status|start|stop|logs|socket|df|prune|install|uninstall'
  static override flags = {
    'keep-containers': Flags.boolean({ description: 'stop: leave containers running' }),
    all: Flags.boolean({ char: 'a', description: 'prune: also images that have a name' }),
    follow: Flags.boolean({ char: 'f', description: 'logs: go on with what comes' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Engine)
    const roots = engineRoots(process.env)
    const [verb, ...more] = this.words
    if (more.length > 0)
      throw new ComposeError('invalid_argument', `unknown command "${more[0]}" for "tsc-compose engine ${verb}"`)
    switch (verb) {
      case 'socket':
        process.stdout.write(`unix://${roots.socketPath}\n`)
        return 0
      case 'df':
        process.stdout.write(await diskUsage())
        return 0
      case 'prune':
        if (
          this.rehearsed(`remove the build cache and images ${flags.all ? 'that no container uses' : 'without a name'}`)
        )
          return 0
        process.stdout.write(await prune(flags.all))
        return 0
      case 'start':
        if (this.rehearsed('start the engine')) return 0
        await openEmbedded()
        return 0
      case 'status':
        return status()
      case 'stop':
        if (this.rehearsed(`stop the engine${flags['keep-containers'] ? '' : ' and all containers'}`)) return 0
        return stop(!flags['keep-containers'])
      case 'logs':
        return logs(flags.follow)
      case 'install':
      case 'uninstall': {
        const service = { entry: engineEntry, env: process.env, dryRun: this.globals.dryRun ?? false }
        process.stdout.write(verb === 'install' ? installService(service) : uninstallService(service))
        return 0
      }
      default:
        throw new ComposeError(
          'invalid_argument',
          `${verb ? `unknown command "${verb}" for "tsc-compose engine"` : 'engine needs a command'}: status, start, stop, logs, socket, df, prune, install or uninstall`,
        )
    }
  }
}

async function status(): Promise<number> {
  const roots = engineRoots(process.env)
  const running = await runningEngine(roots)
  if (!running) {
    process.stdout.write(
      `engine: not running (it starts when it is needed)\nsocket: unix://${roots.socketPath}\ndata:   ${roots.dataRoot}\n`,
    )
    return 0
  }
  const { pid, startedAt, runtime, containers, memoryBytes } = await running.docker.extension('status')
  const rows = Object.entries({
    engine: `running, version ${running.version}`,
    process: `${pid}, since ${startedAt}, ${memoryText(memoryBytes)}`,
    socket: `unix://${roots.socketPath}`,
    data: roots.dataRoot,
    runtime,
    containers: `${containers.running} running of ${containers.total}`,
  })
  process.stdout.write(rows.map(([name, value]) => `${`${name}:`.padEnd(12)}${value}\n`).join(''))
  return 0
}

async function stop(stopContainers: boolean): Promise<number> {
  const roots = engineRoots(process.env)
  // Containers may outlive an engine that is gone: a new one takes them over, and then stops them.
  const docker = (await runningEngine(roots))?.docker ?? (stopContainers ? await openEmbedded() : undefined)
  if (!docker) return 0
  const processes = engineProcesses(roots)
  await shutDownEngine(docker, { stopContainers })
  docker.close()
  await gone(processes, { deadlineMs: 60_000 })
  return 0
}

/** From the engine when it runs, else from the file it left. */
async function logs(follow: boolean): Promise<number> {
  const roots = engineRoots(process.env)
  const running = await runningEngine(roots)
  const source = running
    ? await running.docker.engineLogs({ follow })
    : createReadStream(join(roots.dataRoot, 'engine.log'))
  try {
    for await (const chunk of source) process.stdout.write(chunk)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
  return 0
}

export const run = runner(Engine)
