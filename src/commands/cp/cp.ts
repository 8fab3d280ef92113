// `cp`: files between here and a service's containers, also as a tar on standard input or output.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { integer } from '../../cli/flags.ts'
import { interruptible } from '../../cli/perform.ts'
import { openTeller } from '../../cli/told-container.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { type ObservedContainer, observe } from '../../scheduler/observe/observe.ts'
import { ComposeError } from '../../shared/errors.ts'
import { copyFrom } from './copy-from.ts'
import { copyTo, standardInput } from './copy-to.ts'

class Cp extends ComposeCommand {
  static override id = 'cp'
  static override group = 'Containers'
  static override description = 'Copy files/folders between a service container and the local filesystem'
  static override examples = [
    { command: 'cp config.json web:/etc/app/', description: 'Into every container of web' },
    { command: 'cp --index 1 web:/var/log/app.log .', description: 'Out of the first one' },
  ]
  static override usage = '[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-  or  SRC_PATH|- SERVICE:DEST_PATH'
  static override flags = {
    all: Flags.boolean({ description: 'Include containers created by the run command' }),
    archive: Flags.boolean({ char: 'a', description: 'Archive mode (copy all uid/gid information)' }),
    'follow-link': Flags.boolean({ char: 'L', description: 'Always follow symbol link in SRC_PATH' }),
    index: integer('index', { description: 'Index of the container if service has multiple replicas' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Cp)
    if (this.words.length !== 2)
      throw new ComposeError('invalid_argument', "'tsc-compose cp' requires 2 arguments", {
        hint: 'tsc-compose cp SERVICE:SRC_PATH DEST_PATH|-, or tsc-compose cp SRC_PATH|- SERVICE:DEST_PATH',
      })
    const [from, to] = this.words.map(splitPlace)
    const service = from?.service ?? to?.service
    if (!from || !to || service === undefined) throw new ComposeError('invalid_argument', 'unknown copy direction')
    if (from.service !== undefined && to.service !== undefined)
      throw new ComposeError('invalid_argument', 'copying between services is not supported')
    const { name: projectName } = await this.loadProjectOrName()
    const { signal, dispose } = interruptible()
    try {
      const docker = await this.engine(signal)
      const found = await containersOf(docker, projectName, { service, all: flags.all, index: flags.index ?? 0 })
      const containers = from.service === undefined ? found : found.slice(0, 1)
      const teller = await openTeller(this)
      const input = from.path === '-' && from.service === undefined ? await standardInput(containers.length) : undefined
      try {
        const copies = containers.map(async ({ id, name }) => {
          const [source, target] =
            from.service === undefined ? [from.path, `${name}:${to.path}`] : [`${name}:${from.path}`, to.path]
          teller.working(name, 'Copying', `${source} to ${target}`)
          const options = {
            docker,
            id,
            from: from.path,
            to: to.path,
            archive: flags.archive,
            followLink: flags['follow-link'],
            signal,
          }
          if (!this.globals.dryRun)
            await (from.service === undefined ? copyTo({ ...options, input }) : copyFrom(options))
          teller.done(name, 'Copied', `${source} to ${target}`)
        })
        await Promise.all(copies)
      } finally {
        input?.dispose()
      }
      return 0
    } finally {
      dispose()
    }
  }
}

/** A path that begins with / or . is one of this machine, whatever colons it has. */
function splitPlace(word: string): { service?: string; path: string } {
  const colon = word.indexOf(':')
  return colon <= 0 || word.startsWith('/') || word.startsWith('.')
    ? { path: word }
    : { service: word.slice(0, colon), path: word.slice(colon + 1) }
}

async function containersOf(
  docker: Docker,
  projectName: string,
  { service, all, index }: { service: string; all: boolean; index: number },
): Promise<ObservedContainer[]> {
  const { containers } = await observe(docker, { projectName })
  const own = containers.filter(container => container.service === service && (all || !container.oneOff))
  if (index === 0) {
    if (own.length > 0) return own
    throw new ComposeError('not_found', `no container found for service ${JSON.stringify(service)}`)
  }
  const chosen = own.filter(({ number, oneOff }) => number === index && !oneOff)
  if (chosen.length > 0) return chosen
  throw new ComposeError('not_found', `service ${JSON.stringify(service)} is not running container #${index}`)
}

export const run = runner(Cp)
