// `rebuild`: the image is built anew, and the service's containers are made anew if it has become another.
import type { ComposeCommand } from '../../cli/command.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { selectServices } from '../../model/load/load.ts'
import type { Project } from '../../model/project/project.ts'
import { labels } from '../../scheduler/observe/labels.ts'
import { convergeNow } from '../up/converge.ts'
import { plainOptions } from '../up/up-flags.ts'

export interface RebuildOptions {
  command: ComposeCommand
  docker: Docker
  project: Project
  service: string
  quiet: boolean
  /** Images that have lost their name go. */
  prune: boolean
  signal: AbortSignal
  say(line: string): void
}

export async function rebuild(options: RebuildOptions): Promise<void> {
  const { command, docker, project, service, quiet, prune, signal, say } = options
  const named = JSON.stringify(service)
  say(`Rebuilding service(s) [${named}] after changes were detected...`)
  // The others are no part of it, nor do they become orphans by that.
  const alone = selectServices(project, [service], { dependencies: 'ignore' })
  await command.inTurn(project.name, signal, own =>
    convergeNow({
      command,
      docker,
      project: alone,
      options: { ...plainOptions([service]), build: 'always', start: true, ignoreOrphans: true },
      assumeYes: true,
      signal: own,
      quietBuild: quiet,
      plain: true,
      onReady: () => say(`service(s) [${named}] successfully built`),
    }),
  )
  if (!prune) return
  const label = [`${labels.project}=${project.name}`, `${labels.service}=${service}`]
  await docker.pruneImages({ filters: { dangling: ['true'], label }, abortSignal: signal })
}
