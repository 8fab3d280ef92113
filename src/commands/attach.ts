// `attach`: the caller's terminal or pipes on the main process of a running container.
import * as Flags from '@oclif/core/flags'
import { attachedContainer, codeOf } from '../cli/attached/attached-container.ts'
import { chosenDetachKeys, parseDetachKeys } from '../cli/attached/detach-keys.ts'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { requireWords, runningContainer } from '../cli/service-container.ts'

class Attach extends ComposeCommand {
  static override id = 'attach'
  static override group = 'Containers'
  static override description =
    "Attach local standard input, output, and error streams to a service's running container"
  static override examples = [
    { command: 'attach web', description: 'ctrl-p ctrl-q leaves it again' },
    { command: 'attach --no-stdin worker', description: 'Only look at what it writes' },
  ]
  static override usage = '[OPTIONS] SERVICE'
  static override flags = {
    'detach-keys': Flags.string({ description: 'Override the key sequence for detaching from a container.' }),
    index: integer('index', { description: 'index of the container if service has multiple replicas.' }),
    'no-stdin': Flags.boolean({ description: 'Do not attach STDIN' }),
    'sig-proxy': Flags.boolean({
      default: true,
      allowNo: true,
      description: 'Proxy all received signals to the process',
    }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Attach)
    requireWords(this.words, 1)
    const detachKeys = chosenDetachKeys(flags['detach-keys'])
    parseDetachKeys(detachKeys)
    const { name: projectName } = await this.loadProjectOrName()
    const docker = await this.engine()
    const { id, name } = await runningContainer(docker, projectName, this.words[0] ?? '', flags.index)
    if (this.globals.dryRun) {
      process.stdout.write(`attach to container ${name}\n`)
      return 0
    }
    const { Config = {}, HostConfig = {} } = await docker.getContainer(id).inspect()
    const result = await attachedContainer(docker, id, {
      tty: Config.Tty ?? false,
      interactive: !flags['no-stdin'] && (Config.OpenStdin ?? false),
      detachKeys,
      proxySignals: flags['sig-proxy'] && !Config.Tty,
      autoRemove: HostConfig.AutoRemove ?? false,
      revive: this.reviver(new AbortController().signal),
    })
    return codeOf(result)
  }
}

export const run = runner(Attach)
