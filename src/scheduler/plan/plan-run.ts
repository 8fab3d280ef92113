// The plan of `run`: what the service depends on is brought up as `up` would, and a container of its own is made.
// It is started by whoever attaches to it.
import type { Project } from '../../model/project/project.ts'
import { ComposeError } from '../../shared/errors.ts'
import type { ContainerDraft } from '../border/draft.ts'
import type { Observed } from '../observe/observe.ts'
import type { Planned } from './plan.ts'
import { beginPlan, convergeServices, planOrphans, planServiceStarts, type UpOptions } from './plan-up.ts'

export function planRun(project: Project, observed: Observed, draft: ContainerDraft, options: UpOptions): Planned {
  const { service } = draft
  if (project.services[service]?.provider)
    throw new ComposeError('invalid_argument', `service "${service}" has a provider: there is no container to run`)
  const plan = beginPlan(project, observed, options)
  convergeServices(plan, service)
  const gone = planOrphans(project, observed, plan.builder, options, plan.warnings, plan.reconnected)
  const readyFor = planServiceStarts(plan)
  plan.builder.add({ type: 'createContainer', draft }, 'run', [plan.resources, ...gone, ...readyFor(service)])
  return { plan: plan.builder.plan, warnings: plan.warnings, consents: plan.consents }
}
