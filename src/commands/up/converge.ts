// The first half of up and create: load, select, observe, plan, and ask where data would be lost.

import { ask } from '../../cli/ask.ts'
import type { ComposeCommand } from '../../cli/command.ts'
import { perform } from '../../cli/perform.ts'
import { type PrepareOptions, prepare } from '../../cli/prepare.ts'
import { warnAll } from '../../cli/warn.ts'
import { checkEngineValues } from '../../model/checks/engine-values.ts'
import { ignoredAttributes } from '../../model/checks/ignored.ts'
import { selectServices } from '../../model/load/load.ts'
import { withDefaultPlatforms } from '../../model/project/platform.ts'
import type { Project } from '../../model/project/project.ts'
import type { Observed } from '../../scheduler/observe/observe.ts'
import type { Planned } from '../../scheduler/plan/plan.ts'
import { planUp, type UpOptions } from '../../scheduler/plan/plan-up.ts'
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

export interface ConvergeOptions extends PrepareOptions {
  assumeYes: boolean
}

export async function converging(around: ConvergeOptions): Promise<Converging> {
  const { project, observed, options } = await prepare(around)
  const planned = planUp(project, observed, options)
  if (planned.consents.length === 0) return { observed, planned, options }
  const consented = new Set<string>()
  for (const { id, question } of planned.consents)
    if (around.assumeYes || (await ask(question, around.signal))) consented.add(id)
  const agreed = { ...options, consented }
  return { observed, planned: planUp(project, observed, agreed), options: agreed }
}

/** `onReady`: images are there, and containers come next. */
export async function convergeNow(around: ConvergeOptions & { onReady?: () => void }): Promise<void> {
  const { command, docker, project, signal, plain = false, onReady } = around
  const { observed, planned } = await converging(around)
  onReady?.()
  await perform({ command, docker, projectName: project.name, observed, planned, signal, plain })
}
