// What must be known or made before `up`, `create`, `run` and `scale` can plan: images are pulled and built, programs of
// others asked, and providers run.
import type { Docker } from '../docker/client/docker.ts'
import type { Project } from '../model/project/project.ts'
import { type Given, withGiven } from '../scheduler/border/given-variables.ts'
import { heldPaths } from '../scheduler/border/held-files.ts'
import { withModelVariables } from '../scheduler/border/model-variables.ts'
import { type ObservedModels, observeModels } from '../scheduler/observe/models.ts'
import { type Observed, observe } from '../scheduler/observe/observe.ts'
import { planPreparation } from '../scheduler/plan/plan-providers.ts'
import { imagesOf, type UpOptions } from '../scheduler/plan/plan-up.ts'
import { ComposeError } from '../shared/errors.ts'
import { withApiSocket } from './api-socket.ts'
import type { ComposeCommand } from './command.ts'
import { dockerConfig } from './docker-config.ts'
import { perform } from './perform.ts'
import { providersOf } from './providers.ts'
import { withProxies } from './proxies.ts'
import { warn } from './warn.ts'

export interface PrepareOptions {
  command: ComposeCommand
  docker: Docker
  project: Project
  options: UpOptions
  signal: AbortSignal
  /** What builds write is not shown. */
  quietBuild?: boolean
  /** Plain lines even on a terminal. */
  plain?: boolean
}

export interface Prepared {
  /** Its services know what they were given. */
  project: Project
  options: UpOptions
  /** What there is then. With --dry-run images are still to be brought and providers to be run. */
  observed: Observed
}

export async function prepare(around: PrepareOptions): Promise<Prepared> {
  const { command, docker, project: asked, options, signal, ...shown } = around
  // Last of all: what providers give goes over them, and the hash is that of all else.
  const proxied = (known: Project) => withProxies(known, docker.endpoint, { config: dockerConfig(), env: process.env })
  const models = await modelsOf(asked, signal)
  const reaching = await withApiSocket(asked, docker.endpoint)
  const project = models ? withModelVariables(reaching, models.endpoint) : reaching
  const found = models ? { models } : {}
  const providers = await providersOf(project, signal)
  const observed = { ...(await look(docker, project, signal)), ...found }
  const before = providers ? { ...observed, providers } : observed
  if (command.globals.dryRun) return { project: proxied(project), options, observed: before }
  const planned = planPreparation(proxied(project), before, options)
  const given: Given = {}
  const did = await perform({ ...shown, command, docker, projectName: project.name, observed, planned, signal, given })
  // What a container is made of is there now, and is as it was asked for.
  const settled = { ...options, pull: 'never', build: 'never' } as const
  if (!did) return { project: proxied(project), options: settled, observed }
  const after = { ...(await look(docker, project, signal)), ...found }
  return { project: proxied(withGiven(project, given, warn)), options: settled, observed: after }
}

const look = (docker: Docker, project: Project, abortSignal: AbortSignal): Promise<Observed> =>
  observe(docker, {
    projectName: project.name,
    images: imagesOf(project),
    files: heldPaths(project),
    resources: true,
    abortSignal,
  })

async function modelsOf(project: Project, signal: AbortSignal): Promise<ObservedModels | undefined> {
  const [first] = Object.keys(project.models)
  if (first === undefined) return undefined
  const { findPlugin } = await import('./plugins.ts')
  const program = findPlugin('model', project.environment)
  if (program !== undefined) return observeModels(program, project, signal)
  throw new ComposeError('failed_precondition', "'models' support requires Docker Model plugin", {
    path: `models.${first}`,
    hint: 'install docker-model among the plugins of the docker CLI',
  })
}
