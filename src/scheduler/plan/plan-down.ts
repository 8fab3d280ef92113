// The plan of `down`: containers go against the direction of depends_on, then networks, volumes and images.
import type { Project } from '../../model/project/project.ts'
import { type DependencyGraph, dependentsOf, graphFromLabels, inDependencyOrder } from '../observe/graph.ts'
import { labels } from '../observe/labels.ts'
import { imageOf } from '../observe/names.ts'
import { isActive, type Observed, type ObservedContainer } from '../observe/observe.ts'
import { type PlanBuilder, type Planned, planBuilder } from './plan.ts'
import { providerRun } from './plan-providers.ts'
import { isOrphan } from './plan-up.ts'

export interface DownOptions {
  projectName: string
  /** Absent: there is no Compose file, and the labels say what belongs to the project. */
  project: Project | undefined
  /** Empty: all. */
  services: readonly string[]
  removeOrphans: boolean
  volumes: boolean
  images: 'none' | 'local' | 'all'
  timeout: number | undefined
}

export function planDown(observed: Observed, options: DownOptions): Planned {
  const builder = planBuilder()
  const { project } = options
  const mine = observed.containers.filter(container => belongs(container, options))
  const graph = project ? dependencies(project) : graphFromLabels(mine)
  const removed = new Map<string, number[]>()
  for (const name of inDependencyOrder(graph).reverse()) {
    const before = dependentsOf(graph, name).flatMap(dependent => removed.get(dependent) ?? [])
    const nodes = mine
      .filter(({ service }) => service === name)
      .map(container => planRemoval(builder, options, container, before))
    const released = planRelease(builder, observed, options, name, before)
    if (released !== undefined) nodes.push(released)
    removed.set(name, nodes)
  }
  const left = observed.leftSteps.filter(
    ({ service }) => options.services.length === 0 || options.services.includes(service),
  )
  const steps = left.map(container =>
    builder.add({ type: 'removeContainer', container, volumes: options.volumes }, 'left of pre_start'),
  )
  let gone = [...removed.values()].flat().concat(steps)
  if (project && options.removeOrphans && options.services.length === 0) {
    const orphans = observed.containers.filter(container => container.oneOff || isOrphan(project, container))
    const before = gone
    gone = [...gone, ...orphans.map(container => planRemoval(builder, options, container, before))]
  }
  const gate =
    gone.length > 1 ? builder.add({ type: 'gate', name: 'containers removed' }, 'they use the rest', gone) : gone[0]
  planResourceRemoval(builder, observed, options, gate)
  return { plan: builder.plan, warnings: [], consents: [] }
}

function dependencies(project: Project): DependencyGraph {
  return Object.fromEntries(
    Object.values({ ...project.disabledServices, ...project.services }).map(service => [
      service.name,
      service.dependsOn,
    ]),
  )
}

function belongs(
  container: ObservedContainer,
  { project, services }: Pick<DownOptions, 'project' | 'services'>,
): boolean {
  if (container.oneOff) return false
  if (services.length > 0) return services.includes(container.service)
  return !project || container.service in project.services
}

/** What a provider made goes when its dependents are gone. */
function planRelease(
  builder: PlanBuilder,
  { providers }: Observed,
  { project, services }: DownOptions,
  name: string,
  before: readonly number[],
): number | undefined {
  const service = services.length === 0 || services.includes(name) ? project?.services[name] : undefined
  const run = project && service && providers && providerRun(project, service, providers, 'down')
  return run && builder.add({ type: 'runProvider', ...run }, 'down', before)
}

function planRemoval(
  builder: PlanBuilder,
  options: DownOptions,
  container: ObservedContainer,
  before: readonly number[],
): number {
  const hooks = options.project?.services[container.service]?.preStop ?? []
  const idle = !isActive(container)
  const operation = {
    type: 'stopContainer',
    container,
    service: container.service,
    timeout: options.timeout,
    hooks,
    idle,
  } as const
  const stopped = builder.add(operation, 'down', before)
  return builder.add({ type: 'removeContainer', container, volumes: options.volumes }, 'down', [stopped])
}

function planResourceRemoval(
  builder: PlanBuilder,
  observed: Observed,
  options: DownOptions,
  gate: number | undefined,
): void {
  const { project, projectName } = options
  const declaredNetworks = new Set(
    Object.values(project?.networks ?? {}).flatMap(({ name, external }) => (external ? [] : [name])),
  )
  const networks = observed.networks.filter(
    network => network.labels[labels.project] === projectName && (!project || declaredNetworks.has(network.name)),
  )
  for (const { name, id } of networks) builder.add({ type: 'removeNetwork', name, id }, 'down', [gate])

  if (options.volumes && options.services.length === 0) {
    const declared = new Set(
      Object.values(project?.volumes ?? {})
        .filter(volume => !volume.external)
        .map(({ name }) => name),
    )
    for (const { name, labels: own } of observed.volumes) {
      const ours = project ? declared.has(name) : own[labels.project] === projectName && labels.volume in own
      if (ours) builder.add({ type: 'removeVolume', name }, '--volumes', [gate])
    }
  }
  if (options.images === 'none') return
  for (const image of imagesToRemove(observed, options))
    builder.add({ type: 'removeImage', image }, `--rmi ${options.images}`, [gate])
}

/** Each once, whoever uses it; `local` are those without a name of their own. Without files the containers tell. */
function imagesToRemove(observed: Observed, { project, projectName, images, services }: DownOptions): Set<string> {
  const named = project
    ? Object.values(project.services)
        .filter(service => images === 'all' || service.build !== undefined)
        .flatMap(service => [imageOf(project, service), ...(service.build?.tags ?? [])])
        .filter(image => observed.images[image])
    : observed.containers
        .filter(container => belongs(container, { project, services }))
        .filter(
          ({ service, imageName }) =>
            images === 'all' || ['-', '_'].some(mark => imageName === `${projectName}${mark}${service}`),
        )
        .map(({ imageName }) => imageName)
        // The id stands for an image whose name another has taken.
        .filter(imageName => !/^(sha256:|$)/.test(imageName))
  return new Set(named)
}
