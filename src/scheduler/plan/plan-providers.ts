// Runs of providers: programs that make, release or stop what a service with `provider` stands for. They come before
// the containers that depend on them, and in a plan of their own, since what they give is known only when they have run.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { graphOf, inDependencyOrder } from '../observe/graph.ts'
import type { Observed } from '../observe/observe.ts'
import type { CommandMetadata, ObservedProviders } from '../observe/providers.ts'
import { type PlanBuilder, type Planned, type ProviderAction, type ProviderRun, planBuilder } from './plan.ts'
import { type BuildPolicy, type PullPolicy, planImages } from './plan-images.ts'

/** What must be there before the rest of an `up` can be planned: images, then what providers make. */
export function planPreparation(
  project: Project,
  observed: Observed,
  options: { pull: PullPolicy; build: BuildPolicy; quietPull: boolean },
): Planned {
  const builder = planBuilder()
  const warnings: string[] = []
  planBase(builder, planImages(project, observed, builder, { ...options, warnings }))
  const done = new Map<string, number[]>()
  for (const name of inDependencyOrder(graphOf(project.services))) {
    const service = project.services[name]
    if (!service) continue
    const before = Object.keys(service.dependsOn).flatMap(dependency => done.get(dependency) ?? [])
    const run = planProvider(builder, project, service, observed.providers, before)
    // A service without one hands on what it would have waited for.
    done.set(name, run === undefined ? before : [run])
  }
  return { plan: builder.plan, warnings, consents: [] }
}

/** All else comes after these: a pull that fails must have changed nothing. */
export function planBase(builder: PlanBuilder, pulls: readonly number[]): void {
  builder.base = pulls.length > 1 ? builder.add({ type: 'gate', name: 'images' }, 'all else follows', pulls) : pulls[0]
}

/** The run of a service's provider; undefined where it has none, or it has run. What can't work is thrown here. */
export function planProvider(
  builder: PlanBuilder,
  project: Project,
  service: Service,
  providers: ObservedProviders | undefined,
  after: readonly (number | undefined)[],
): number | undefined {
  const run = providers && providerRun(project, service, providers, 'up')
  if (!run) return undefined
  if ('problem' in run.call)
    throw new ComposeError('failed_precondition', run.call.problem, { path: `services.${service.name}.provider` })
  return builder.add({ type: 'runProvider', ...run }, 'what it gives is needed', after)
}

/** Undefined: there is nothing to run for this. */
export function providerRun(
  { name, environment }: Project,
  service: Service,
  providers: ObservedProviders,
  action: ProviderAction,
): ProviderRun | undefined {
  const observed = providers[service.name]
  const { provider } = service
  if (!provider || !observed) return undefined
  if ('problem' in observed) return { service, action, call: observed }
  const { program, metadata } = observed
  const told = metadata?.[action]
  // Only a program that says so knows how to stop.
  if (action === 'stop' && !told) return undefined
  const missing = told?.parameters?.find(one => one.required && !(one.name in provider.options))
  if (missing) {
    const problem = `required parameter "${missing.name}" is missing from provider "${provider.type}" definition`
    return { service, action, call: { problem } }
  }
  const options = Object.entries(provider.options)
    .filter(([option]) => metadata === undefined || isParameter(told, option))
    .flatMap(([option, values]) => values.map(value => `--${option}=${value}`))
  const args = ['compose', `--project-name=${name}`, action, ...options, service.name]
  return { service, action, call: { program, args, env: environment } }
}

const isParameter = (told: CommandMetadata | undefined, option: string): boolean =>
  told?.parameters?.some(({ name }) => name === option) ?? false
