// What must be known or made before `up`, `create`, `run` and `scale` can plan: programs of others are asked, and
// providers run.
import type { Docker } from '../docker/client/docker.ts'
import type { Project } from '../model/project/project.ts'
import { type Given, withGiven } from '../scheduler/border/given-variables.ts'
import { withModelVariables } from '../scheduler/border/model-variables.ts'
import { type ObservedModels, observeModels } from '../scheduler/observe/models.ts'
import { type Observed, observe } from '../scheduler/observe/observe.ts'
import { planPreparation } from '../scheduler/plan/plan-providers.ts'
import { imagesOf, type UpOptions } from '../scheduler/plan/plan-up.ts'
import { ComposeError } from '../shared/errors.ts'
import { withApiSocket } from './api-socket.ts'
import { type ComposeCommand, warn } from './command.ts'
import { perform } from './perform.ts'
import { providersOf } from './providers.ts'

export interface Prepared {
  /** Its services know what they were given. */
  project: Project
  options: UpOptions
  /** Beside what the engine has. With --dry-run providers are still to be run. */
  found: Pick<Observed, 'providers' | 'models'>
}

export async function prepare(
  command: ComposeCommand,
  docker: Docker,
  asked: Project,
  options: UpOptions,
  signal: AbortSignal,
): Promise<Prepared> {
  const models = await modelsOf(asked, signal)
  const reaching = await withApiSocket(asked, docker.endpoint)
  const project = models ? withModelVariables(reaching, models.endpoint) : reaching
  const found = models ? { models } : {}
  const providers = await providersOf(project, signal)
  if (!providers) return { project, options, found }
  if (command.globals.dryRun) return { project, options, found: { ...found, providers } }
  const images = imagesOf(project)
  const observed = await observe(docker, { projectName: project.name, images, abortSignal: signal })
  const planned = planPreparation(project, { ...observed, providers }, options)
  const given: Given = {}
  await perform({ command, docker, projectName: project.name, observed, planned, signal, given })
  // Whatever was to be pulled is there now.
  return { project: withGiven(project, given, warn), options: { ...options, pull: 'never' }, found }
}

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
