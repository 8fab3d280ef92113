// The plan of `up` and `create`: what is missing is made, what diverged is made anew, what runs is left alone.
// Everything is created before anything starts, so that a failure to create starts nothing.
import type { Project } from '../../model/project/project.ts'
import { replicasOf, type Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { containerDraft } from '../border/container-body.ts'
import { injectedFiles } from '../border/container-mounts.ts'
import { type DependencyGraph, graphOf, inDependencyOrder } from '../observe/graph.ts'
import { imageOf, networkLeader } from '../observe/names.ts'
import { isActive, type Observed, type ObservedContainer } from '../observe/observe.ts'
import { divergence } from './diverged.ts'
import {
  type Consent,
  type Operation,
  type OperationOf,
  type Plan,
  type PlanBuilder,
  type Planned,
  planBuilder,
} from './plan.ts'
import { type BuildPolicy, mountedImages, type PullPolicy, planImages, stepImages } from './plan-images.ts'
import { finalName, type Settled, settleInterrupted } from './plan-interrupted.ts'
import { planModels } from './plan-models.ts'
import { planBase, planProvider } from './plan-providers.ts'
import { planNetworks, planVolumes } from './plan-resources.ts'
import { planStarts, type StartTarget } from './plan-starts.ts'
import { orderByPorts } from './port-order.ts'
import { preStartDrafts } from './pre-start-drafts.ts'
import { againstStartFirst, asksForStartFirst } from './start-first.ts'

export type Recreate = 'diverged' | 'force' | 'never'

export interface UpOptions {
  /** Services named by the command; the others of the project are here as their dependencies. Empty: all. */
  requested: readonly string[]
  recreate: Recreate
  recreateDependencies: Recreate
  /** By service name; overrides the file's number. */
  scale: Readonly<Record<string, number>>
  start: boolean
  /** Wait until everything runs or is healthy. */
  wait: boolean
  removeOrphans: boolean
  ignoreOrphans: boolean
  renewVolumes: boolean
  /** Seconds; undefined: each container's own. */
  timeout: number | undefined
  pull: PullPolicy
  build: BuildPolicy
  quietPull: boolean
  /** Ids of consents that were given. */
  consented: ReadonlySet<string>
}

/** The containers of one service, as the plan leaves them. */
interface Converged {
  targets: StartTarget[]
  /** Nodes after which they are there. */
  nodes: number[]
}

export function planUp(project: Project, observed: Observed, options: UpOptions): Planned {
  const plan = beginPlan(project, observed, options)
  convergeServices(plan)
  planOrphans(project, observed, plan.builder, options, plan.warnings, plan.reconnected)
  if (options.start) planServiceStarts(plan)
  return { plan: plan.builder.plan, warnings: plan.warnings, consents: plan.consents }
}

/** A plan in the making: what all containers need is there. */
export interface BegunPlan extends Surroundings {
  consents: Consent[]
  graph: DependencyGraph
  /** The node after which networks and volumes are there. */
  resources: number | undefined
  /** Containers that go with a volume. */
  removed: ReadonlySet<string>
}

/** Images, networks and volumes. */
export function beginPlan(project: Project, observed: Observed, options: UpOptions): BegunPlan {
  const builder = planBuilder()
  const warnings: string[] = []
  const pulls = planImages(project, observed, builder, { ...options, warnings })
  planBase(builder, pulls)
  const networks = planNetworks(project, observed, builder, options.timeout, warnings)
  const volumes = planVolumes(project, observed, builder, {
    consented: options.consented,
    timeout: options.timeout,
    warnings,
    reconnected: networks.reconnected,
  })
  const models = planModels(project, observed.models, builder, options)
  const base = [...networks.nodes, ...volumes.nodes, ...models]
  const resources =
    base.length > 1 ? builder.add({ type: 'gate', name: 'resources' }, 'containers need them', base) : base[0]
  return {
    project,
    observed,
    builder,
    options,
    warnings,
    consents: volumes.consents,
    graph: graphOf(project.services),
    resources,
    removed: volumes.removed,
    replacedNetworks: networks.replaced,
    reconnected: networks.reconnected,
    recreated: new Set(),
    converged: new Map(),
  }
}

/** The containers of each service, but for one of which `run` makes a container of its own. */
export function convergeServices(plan: BegunPlan, but?: string): void {
  const { project, observed, builder, graph, converged } = plan
  for (const name of inDependencyOrder(graph)) {
    const service = project.services[name]
    if (!service || name === but) continue
    const before = Object.keys(service.dependsOn).flatMap(dependency => converged.get(dependency)?.nodes ?? [])
    if (service.provider) {
      const run = planProvider(builder, project, service, observed.providers, before)
      // One that has run hands on what it would have waited for.
      converged.set(name, { targets: [], nodes: run === undefined ? before : [run] })
      continue
    }
    // What it lacks is told also where nothing is to be made of it.
    injectedFiles(project, service)
    const own = observed.containers.filter(
      container => container.service === name && !container.oneOff && !plan.removed.has(container.id),
    )
    const settled = settleInterrupted(builder, project, service, own)
    const containers = converge(service, settled, [plan.resources, ...before, ...settled.nodes], plan)
    for (const target of containers.targets) target.after ??= plan.reconnected.get(target.container.id ?? '')
    converged.set(name, containers)
  }
}

/**
 * Starts follow the last creation, and the ends of those that are planned to go. Gives the nodes after which a service's
 * dependencies are as it wants them.
 */
export function planServiceStarts({ builder, graph, converged, options, project, observed }: BegunPlan) {
  const created = [...converged.values()].flatMap(({ nodes }) => nodes)
  const gate =
    created.length > 1 ? builder.add({ type: 'gate', name: 'created' }, 'starts follow creation', created) : created[0]
  const readyFor = planStarts(builder, graph, new Map([...converged].map(([name, { targets }]) => [name, targets])), {
    gate,
    wait: options.wait,
    hooksOf: name => project.services[name]?.postStart ?? [],
    stepsOf: (name, container) => preStartDrafts(project, name, container),
  })
  orderByPorts(project, observed, builder.plan)
  return readyFor
}

interface Surroundings {
  project: Project
  warnings: string[]
  observed: Observed
  builder: PlanBuilder
  options: UpOptions
  replacedNetworks: ReadonlySet<string>
  /** Containers that a new network stopped: their id, and the node after which they may start, or go. */
  reconnected: ReadonlyMap<string, number>
  /** Services of which a container was recreated; filled here. */
  recreated: Set<string>
  /** The services before this one; filled too. */
  converged: Map<string, Converged>
}

function converge(
  service: Service,
  { existing, renamed }: Settled,
  after: (number | undefined)[],
  around: Surroundings,
): Converged {
  const { project, observed, builder, options } = around
  const wanted = wantedReplicas(service, options)
  const requested = options.requested.length === 0 || options.requested.includes(service.name)
  const recreate = requested ? options.recreate : options.recreateDependencies
  const leader = networkLeader(service)
  const joining = leader !== undefined && around.recreated.has(leader) ? `${leader} is recreated` : undefined
  const causes = new Map(
    existing.map(container => {
      const diverged = divergence(project, service, container, observed, around.replacedNetworks)
      // Without it there would be no network to start in, whatever is not to be recreated.
      return [container, joining ?? (recreate === 'force' ? 'forced' : recreate === 'never' ? undefined : diverged)]
    }),
  )
  const isObsolete = (container: ObservedContainer) => Number(causes.get(container) !== undefined)
  // Those of an old configuration go first, then those with high numbers.
  const byWorth = [...existing].sort((a, b) => isObsolete(a) - isObsolete(b) || a.number - b.number)
  for (const excess of byWorth.splice(wanted).reverse())
    removeContainer(builder, service, excess, options, `scaled to ${wanted}`, around.reconnected)
  const kept = byWorth.sort((a, b) => a.number - b.number)

  const result: Converged = { targets: [], nodes: [] }
  for (const container of kept) {
    const cause = causes.get(container)
    if (cause === undefined) {
      const running = container.state === 'running' || container.state === 'restarting'
      const stopped = Object.keys(container.networks).some(name => around.replacedNetworks.has(name))
      const leader = running && !stopped ? recreatedLeader(service, around) : undefined
      if (leader !== undefined) {
        const operation = {
          type: 'stopContainer',
          container,
          service: service.name,
          timeout: options.timeout,
          hooks: service.preStop,
          idle: false,
        } as const
        const stop = builder.add(operation, `${leader} is recreated`)
        prepend(builder, around.converged.get(leader)?.nodes ?? [], stop)
        result.targets.push({ container, running: false, after: stop })
        continue
      }
      if (hasDoneItsWork(project, container, options)) {
        builder.add({ type: 'report', id: `Container ${container.name}`, text: 'Exited' }, 'has done its work')
        result.targets.push({ container, running: false, done: true })
        continue
      }
      const rename = renamed.get(container.id)
      if (rename !== undefined) result.nodes.push(rename)
      if (running && !stopped)
        builder.add({ type: 'report', id: `Container ${container.name}`, text: 'Running' }, 'up to date')
      const fresh = container.state === 'created'
      result.targets.push({ container, running: running && !stopped, after: rename, fresh })
      continue
    }
    const draft = containerDraft(project, service, container.number, container, options.renewVolumes)
    const waited = [...after, around.reconnected.get(container.id)]
    around.recreated.add(service.name)
    if (isExchanged(container, service, around)) {
      const exchange = {
        draft,
        old: container,
        timeout: options.timeout,
        preStop: service.preStop,
        cause,
        after: waited,
      }
      result.targets.push({ container: { name: draft.name }, running: false, fresh: true, exchange })
      continue
    }
    result.nodes.push(
      builder.add({ type: 'recreateContainer', draft, old: container, timeout: options.timeout }, cause, waited),
    )
    result.targets.push({ container: { name: draft.name }, running: false, fresh: true })
  }
  let next = Math.max(0, ...existing.map(({ number }) => number))
  for (let missing = wanted - kept.length; missing > 0; missing--) {
    const draft = containerDraft(project, service, ++next, undefined, options.renewVolumes)
    const cause = existing.length > 0 ? `scaled to ${wanted}` : 'no container'
    result.nodes.push(builder.add({ type: 'createContainer', draft }, cause, after))
    result.targets.push({ container: { name: draft.name }, running: false, fresh: true })
  }
  return result
}

/** It goes on until the new one is ready, where that is asked for and can be. */
function isExchanged(container: ObservedContainer, service: Service, around: Surroundings): boolean {
  if (!around.options.start || !asksForStartFirst(service) || !isActive(container)) return false
  const against = againstStartFirst(around.project, service)
  if (against === undefined) return true
  const warning = `deploy.update_config.order start-first of ${service.name} has no effect: ${against}`
  if (!around.warnings.includes(warning)) around.warnings.push(warning)
  return false
}

/** A one-shot that others wait for, and that ended well as it is now: it runs again when it is named. */
function hasDoneItsWork({ services }: Project, container: ObservedContainer, { requested }: UpOptions): boolean {
  if (requested.includes(container.service) || container.state !== 'exited') return false
  const isWaitedFor = Object.values(services).some(
    ({ dependsOn }) => dependsOn[container.service]?.condition === 'service_completed_successfully',
  )
  return isWaitedFor && /^Exited \(0\)/.test(container.status)
}

function wantedReplicas(service: Service, options: UpOptions): number {
  const wanted = Math.max(0, options.scale[service.name] ?? replicasOf(service))
  if (service.containerName && wanted > 1) {
    throw new ComposeError(
      'invalid_argument',
      `WARNING: The "${service.name}" service is using the custom container name "${service.containerName}". Docker requires each container to have a unique name. Remove the custom name to scale the service`,
    )
  }
  return wanted
}

function removeContainer(
  builder: PlanBuilder,
  service: Service | undefined,
  container: ObservedContainer,
  options: UpOptions,
  cause: string,
  reconnected: ReadonlyMap<string, number>,
): number {
  const idle = !isActive(container)
  const hooks = service?.preStop ?? []
  const stop = builder.add(
    { type: 'stopContainer', container, service: container.service, timeout: options.timeout, hooks, idle },
    cause,
    [reconnected.get(container.id)],
  )
  return builder.add({ type: 'removeContainer', container, volumes: false }, cause, [stop])
}

/** Containers of services that no file names any more, and `run`'s containers that have ended. Gives their removals. */
export function planOrphans(
  project: Project,
  observed: Observed,
  builder: PlanBuilder,
  options: UpOptions,
  warnings: string[],
  reconnected: ReadonlyMap<string, number>,
): number[] {
  const orphans = observed.containers.filter(container => isOrphan(project, container))
  if (options.removeOrphans)
    return orphans.map(one => removeContainer(builder, undefined, one, options, 'orphan', reconnected))
  if (orphans.length > 0 && !options.ignoreOrphans) {
    const names = orphans.map(({ name }) => name).join(', ')
    warnings.push(
      `Found orphan containers (${names}) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.`,
    )
  }
  return []
}

export function isOrphan(project: Project, container: ObservedContainer): boolean {
  if (container.oneOff) return container.state === 'exited' || container.state === 'dead'
  return !(container.service in project.services) && !(container.service in project.disabledServices)
}

/** `depends_on.restart: true`: a running dependent stops before that dependency is recreated, and starts again after. */
function recreatedLeader(service: Service, { recreated }: Surroundings): string | undefined {
  return Object.entries(service.dependsOn).find(([name, { restart }]) => restart && recreated.has(name))?.[0]
}

/** Makes nodes that are already there wait for a new one. */
function prepend(builder: PlanBuilder, nodes: readonly number[], before: number): void {
  for (const id of nodes) {
    const node = builder.plan[id]
    if (node) Object.assign(node, { after: [...node.after, before] })
  }
}

/** The images that `observe` must look up for a plan. */
export function imagesOf(project: Project): string[] {
  return Object.values(project.services)
    .filter(service => !service.provider)
    .flatMap(service => [imageOf(project, service), ...mountedImages(service), ...stepImages(service)])
}

/** It makes a container in the place of another. */
export const isReplacement = (
  operation: Operation,
): operation is OperationOf<'recreateContainer'> | OperationOf<'exchangeContainer'> =>
  operation.type === 'recreateContainer' || operation.type === 'exchangeContainer'

/** The names of all containers of a service once the plan is done, for `up` to attach to. */
export function containersAfter(plan: Plan, service: string, observed: Observed): string[] {
  const names = new Map<string | undefined, string>(
    observed.containers
      .filter(container => container.service === service && !container.oneOff)
      .map(({ id, name }) => [id, finalName(name)]),
  )
  const added: string[] = []
  for (const { operation } of plan) {
    if (operation.type === 'removeContainer') names.delete(operation.container.id)
    if (isReplacement(operation) && operation.draft.service === service) {
      names.delete(operation.old.id)
      added.push(operation.draft.name)
    }
    if (operation.type === 'createContainer' && operation.draft.service === service) added.push(operation.draft.name)
  }
  return [...names.values(), ...added]
}
