// `port`: where a port of a container is on the host.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../cli/command.ts'
import { integer } from '../cli/flags.ts'
import { requireWords, runningContainer } from '../cli/service-container.ts'
import type { Port as PublishedPort } from '../docker/protocol/types.ts'
import { ComposeError } from '../shared/errors.ts'

class Port extends ComposeCommand {
  static override id = 'port'
  static override group = 'Containers'
  static override description = 'Print the public port for a port binding'
  static override examples = [
    { command: 'port web 80', description: 'Where port 80 of web is, as 0.0.0.0:8080' },
    { command: 'port --protocol udp dns 53', description: 'The same for UDP' },
  ]
  static override usage = '[OPTIONS] SERVICE PRIVATE_PORT'
  static override flags = {
    index: integer('index', { description: 'Index of the container if service has multiple replicas' }),
    protocol: Flags.string({ default: 'tcp', description: 'tcp or udp' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Port)
    requireWords(this.words, 2)
    const [service = '', port = ''] = this.words
    if (!/^\d+$/.test(port))
      throw new ComposeError('invalid_argument', `strconv.ParseUint: parsing ${JSON.stringify(port)}: invalid syntax`)
    const protocol = flags.protocol.toLowerCase()
    const { name: projectName } = await this.loadProjectOrName()
    const docker = await this.engine()
    const { id, name } = await runningContainer(docker, projectName, service, flags.index)
    const [summary] = await docker.listContainers({ filters: { id: [id] } })
    const ports = summary?.Ports ?? []
    const found = [...ports]
      .sort((a, b) => Number(a.IP?.includes(':')) - Number(b.IP?.includes(':')))
      .find(one => one.PrivatePort === Number(port) && one.Type === protocol && one.PublicPort)
    if (!found)
      throw new ComposeError(
        'not_found',
        `no port ${port}/${protocol} for container ${name}: ${ports.map(portText).join(', ')}`,
      )
    process.stdout.write(`${address(found)}\n`)
    return 0
  }
}

const address = ({ IP = '', PublicPort }: PublishedPort): string => `${IP.includes(':') ? `[${IP}]` : IP}:${PublicPort}`

const portText = (port: PublishedPort): string =>
  `${port.PublicPort ? `${address(port)}->` : ''}${port.PrivatePort}/${port.Type}`

export const run = runner(Port)
