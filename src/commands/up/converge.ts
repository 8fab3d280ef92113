// The first half of up and create: load, select, observe, plan, and ask where data would be lost.

import { ask } from '../../cli/ask.ts'
import { type ComposeCommand, warnAll } from '../../cli/command.ts'
import { perform } from '../../cli/perform.ts'
import type { Docker } from '../../docker/client/docker.ts'
import { checkEngineValues } from '../../model/checks/engine-values.ts'
import { ignoredAttributes } from '../../model/checks/ignored.ts'
import { selectServices } from '../../model/load/load.ts'
import { withDefaultPlatforms } from '../../model/project/platform.ts'
import type { Project } from '../../model/project/project.ts'
import { heldPaths } from '../../scheduler/border/held-files.ts'
import { type Observed, observe } from '../../scheduler/observe/observe.ts'
import { type Planned, planBuilder } from '../../scheduler/plan/plan.ts'
import { planImages } from '../../scheduler/plan/plan-images.ts'
import { imagesOf, planUp, type UpOptions } from '../../scheduler/plan/plan-up.ts'
import { ComposeError } from '../../shared/errors.ts'

/** The services that a command is about; what is accepted but has no effect yet is named. */
export async function loadSelected(
  command: ComposeCommand,
  services: readonly string[],
  noDependencies: boolean,
): Promise<Project> {
  const loaded = await command.loadProject(services)
  warnAll(loaded.warnings)
  const project = selectServices(loaded, services, { dependencies: noDependencies ? 'ignore' : 'include' })
  if (Object.keys(project.services).length === 0) throw new ComposeError('invalid_argument', 'no service selected')
  checkEngineValues(project)
  warnAll(ignoredAttributes(project))
  return withDefaultPlatforms(project)
}

export interface Converging {
  observed: Observed
  planned: Planned
  options: UpOptions
}

export interface ConvergeOptions {
  command: ComposeCommand
  docker: Docker
  project: Project
  options: UpOptions
  assumeYes: boolean
  signal: AbortSignal
  quietBuild?: boolean
  /** Plain lines even on a terminal. */
  plain?: boolean
}

/** Images first: what they are then decides which containers are made anew. */
export async function converging(around: ConvergeOptions): Promise<Converging> {
  const { project, assumeYes, signal } = around
  const { observed, options } = await lookWithImages(around)
  const planned = planUp(project, observed, options)
  if (planned.consents.length === 0) return { observed, planned, options }
  const consented = new Set<string>()
  for (const { id, question } of planned.consents) if (assumeYes || (await ask(question, signal))) consented.add(id)
  const agreed = { ...options, consented }
  return { observed, planned: planUp(project, observed, agreed), options: agreed }
}

/** What there is once the images are there, and the options of what follows. With --dry-run they are part of the plan. */
export async function lookWithImages(
  around: Omit<ConvergeOptions, 'assumeYes'>,
): Promise<{ observed: Observed; options: UpOptions }> {
  const { command, docker, project, options, signal } = around
  const observed = await look(docker, project, signal)
  if (command.globals.dryRun) return { observed, options }
  const changed = await bringImages(around, observed)
  return {
    observed: changed ? await look(docker, project, signal) : observed,
    options: { ...options, pull: 'never', build: 'never' },
  }
}

const look = (docker: Docker, project: Project, abortSignal: AbortSignal): Promise<Observed> =>
  observe(docker, {
    projectName: project.name,
    images: imagesOf(project),
    files: heldPaths(project),
    resources: true,
    abortSignal,
  })

/** False when all are there. */
function bringImages(
  { command, docker, project, options, signal, quietBuild = false, plain = false }: Omit<ConvergeOptions, 'assumeYes'>,
  observed: Observed,
): Promise<boolean> {
  const builder = planBuilder()
  const warnings: string[] = []
  planImages(project, observed, builder, { ...options, warnings })
  const planned = { plan: builder.plan, warnings, consents: [] }
  return perform({ command, docker, projectName: project.name, observed, planned, signal, quietBuild, plain })
}
