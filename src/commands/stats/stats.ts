// `stats`: what a project's containers use, once or as a table that goes on.
import * as Flags from '@oclif/core/flags'
import { ComposeCommand, runner } from '../../cli/command.ts'
import { dockerConfig } from '../../cli/docker-config.ts'
import { interruptible } from '../../cli/perform.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { jsonLines } from '../../docker/protocol/json-lines.ts'
import type { ContainerStatsResponse } from '../../docker/protocol/types.ts'
import { type ObservedContainer, observe } from '../../scheduler/observe/observe.ts'
import { ComposeError } from '../../shared/errors.ts'
import { formatRows, type Listing } from '../../ui/format-rows.ts'
import { usageRow } from './usage-rows.ts'

class Stats extends ComposeCommand {
  static override id = 'stats'
  static override group = 'Containers'
  static override description = 'Display a live stream of container(s) resource usage statistics'
  static override examples = [
    { command: 'stats', description: 'All containers, until Ctrl-C' },
    { command: 'stats --no-stream --format json web', description: 'One sample of web, for a program' },
  ]
  static override usage = '[OPTIONS] [SERVICE]'
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Show all containers (default shows just running)' }),
    format: Flags.string({
      description:
        'table, json, a Go template, or "table TEMPLATE" (default statsFormat of docker\'s config.json, or table)',
    }),
    'no-stream': Flags.boolean({ description: 'Disable streaming stats and only pull the first result' }),
    'no-trunc': Flags.boolean({ description: 'Do not truncate output' }),
  }

  async run(): Promise<number> {
    const { flags } = await this.parse(Stats)
    if (this.words.length > 1)
      throw new ComposeError('invalid_argument', `accepts at most 1 arg(s), received ${this.words.length}`)
    const { name: projectName } = await this.loadProjectOrName()
    const { signal, dispose } = interruptible()
    const find = async (docker: Docker) => {
      const { containers } = await observe(docker, { projectName, abortSignal: signal })
      return containers.filter(
        ({ state, service }) =>
          (flags.all || state === 'running' || state === 'stopping') &&
          (this.words.length === 0 || this.words.includes(service)),
      )
    }
    try {
      const docker = await this.engine(signal)
      const containers = await find(docker)
      if (containers.length === 0) return 0
      const rows = (samples: readonly Sampled[]) =>
        formatRows(
          samples.map(({ container, stats }) => usageRow(container, stats, !flags['no-trunc'])),
          flags.format || dockerConfig().statsFormat || 'table',
          listing,
        )
      if (flags['no-stream']) process.stdout.write(rows(await once(docker, containers, signal)))
      else await live(docker, () => find(docker), rows, signal)
      return 0
    } finally {
      dispose()
    }
  }
}

interface Sampled {
  container: ObservedContainer
  stats: ContainerStatsResponse
}

const listing: Listing = {
  columns: [
    ['CONTAINER ID', 'ID'],
    ['NAME', 'Name'],
    ['CPU %', 'CPUPerc'],
    ['MEM USAGE / LIMIT', 'MemUsage'],
    ['MEM %', 'MemPerc'],
    ['NET I/O', 'NetIO'],
    ['BLOCK I/O', 'BlockIO'],
    ['PIDS', 'PIDs'],
    ['CONTAINER', 'Container'],
  ],
  shown: 8,
  minimum: 10,
}

function once(docker: Docker, containers: readonly ObservedContainer[], abortSignal: AbortSignal): Promise<Sampled[]> {
  return Promise.all(
    containers.map(async container => {
      const stream = await docker.getContainer(container.id).stats({ stream: false, abortSignal })
      let stats: ContainerStatsResponse = {}
      // The document's shape of this answer.
      for await (const line of jsonLines(stream)) stats = line as ContainerStatsResponse
      return { container, stats }
    }),
  )
}

/** Milliseconds between two tables. */
const interval = 1000

/** Ends when there is nothing left to look at, or somebody ends it. New containers join. */
async function live(
  docker: Docker,
  find: () => Promise<ObservedContainer[]>,
  rows: (samples: readonly Sampled[]) => string,
  signal: AbortSignal,
): Promise<void> {
  const latest = new Map<string, Sampled>()
  const followed = new Set<string>()
  const follow = async (container: ObservedContainer) => {
    followed.add(container.id)
    try {
      const stream = await docker.getContainer(container.id).stats({ stream: true, abortSignal: signal })
      for await (const line of jsonLines(stream))
        latest.set(container.id, { container, stats: line as ContainerStatsResponse }) // as above
    } catch (error) {
      if (!signal.aborted && !(error instanceof ComposeError && error.code === 'not_found')) throw error
    } finally {
      latest.delete(container.id)
      followed.delete(container.id)
    }
  }
  const { stdout } = process
  while (!signal.aborted) {
    const containers = await find()
    if (containers.length === 0) return
    for (const container of containers) if (!followed.has(container.id)) follow(container).catch(() => {})
    const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises')
    await sleep(interval, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const wanted = new Set(containers.map(({ id }) => id))
    const samples = [...latest.values()].filter(({ container }) => wanted.has(container.id))
    // A terminal shows the newest table in the place of the one before.
    stdout.write(`${stdout.isTTY ? '\u001b[2J\u001b[H' : ''}${rows(samples)}`)
  }
}

export const run = runner(Stats)
