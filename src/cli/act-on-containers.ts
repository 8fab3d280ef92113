// The verbs that act on the containers a project has and create none: start, stop, restart, kill, pause, unpause.
import type { Project } from '../model/project/project.ts'
import { type DependencyGraph, graphFromLabels, graphOf } from '../scheduler/observe/graph.ts'
import { type Observed, observe } from '../scheduler/observe/observe.ts'
import type { Planned } from '../scheduler/plan/plan.ts'
import type { VerbOptions } from '../scheduler/plan/plan-verbs.ts'
import { preStartDrafts } from '../scheduler/plan/pre-start-drafts.ts'
import { ComposeError } from '../shared/errors.ts'
import type { ComposeCommand } from './command.ts'
import { interruptible, perform, withWaitLimit } from './perform.ts'

/** `services` empty: all. `timeout` in seconds, of a stop; `waitLimit` in seconds, 0 or nothing is no limit. */
export async function actOnContainers(
  command: ComposeCommand,
  services: readonly string[],
  plan: (
    observed: Observed,
    options: VerbOptions,
    project: Project | undefined,
    signal: AbortSignal,
  ) => Planned | Promise<Planned>,
  { timeout, waitLimit }: { timeout?: number | undefined; waitLimit?: number | undefined } = {},
): Promise<number> {
  const { name: projectName, project } = await command.loadProjectOrName(services)
  const { signal, dispose } = interruptible()
  try {
    await command.inTurn(projectName, signal, own =>
      command.withEngine(own, async docker => {
        const observed = await observe(docker, { projectName, abortSignal: own })
        const planned = await plan(observed, verbOptions(project, observed, services, timeout), project, own)
        await withWaitLimit(waitLimit, own, limited =>
          perform({ command, docker, projectName, observed, planned, signal: limited }),
        )
      }),
    )
    return 0
  } finally {
    dispose()
  }
}

/** Whose services a verb may touch: the project's, or those that containers carry in their labels. */
function verbOptions(
  project: Project | undefined,
  observed: Observed,
  services: readonly string[],
  timeout?: number,
): VerbOptions {
  const graph: DependencyGraph = project
    ? graphOf(project.services)
    : graphFromLabels(observed.containers.filter(({ oneOff }) => !oneOff))
  for (const name of services) {
    if (!(name in graph)) throw new ComposeError('not_found', `no such service: ${name}`)
  }
  return {
    graph,
    services,
    timeout,
    hooksOf: (name, kind) => project?.services[name]?.[kind] ?? [],
    hasProvider: name => project?.services[name]?.provider !== undefined,
    stepsOf: (name, container) => preStartDrafts(project, name, container),
  }
}
