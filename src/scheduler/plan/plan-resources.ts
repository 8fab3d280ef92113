// The part of `up` that comes between images and containers: networks and volumes. Whatever makes the command
// impossible is thrown here, before anything was made.
import type { Project } from '../../model/project/project.ts'
import { ComposeError } from '../../shared/errors.ts'
import { endpointSettings } from '../border/container-networks.ts'
import { networkBody, volumeBody } from '../border/network-body.ts'
import { labels } from '../observe/labels.ts'
import type { Observed, ObservedContainer } from '../observe/observe.ts'
import type { Consent, PlanBuilder } from './plan.ts'

export interface PlannedNetworks {
  /** Nodes after which all networks are there. */
  nodes: number[]
  /** Names of networks that are made anew. */
  replaced: Set<string>
  /** Containers that were stopped for it: container id to the node after which they may start. */
  reconnected: Map<string, number>
}

export function planNetworks(
  project: Project,
  observed: Observed,
  builder: PlanBuilder,
  timeout: number | undefined,
  warnings: string[],
): PlannedNetworks {
  const planned: PlannedNetworks = { nodes: [], replaced: new Set(), reconnected: new Map() }
  const stops = new Map<string, number | undefined>()
  for (const [key, network] of Object.entries(project.networks).sort()) {
    const found = observed.networks.find(
      ({ name, id }) => name === network.name || (network.external && id === network.name),
    )
    if (network.external) {
      if (found) continue
      throw new ComposeError('not_found', `network ${network.name} declared as external, but could not be found`)
    }
    const body = networkBody(project.name, key, network)
    if (!found) {
      planned.nodes.push(builder.add({ type: 'createNetwork', body }, 'missing'))
      continue
    }
    const owner = found.labels[labels.project]
    if (owner !== project.name) {
      const why = owner === undefined ? 'was not created by compose' : `was not created for project "${project.name}"`
      warnings.push(
        `a network with name ${network.name} exists but ${why}.\nSet \`external: true\` to use an existing network`,
      )
      continue
    }
    const hash = found.labels[labels.configHash]
    if (hash === undefined || hash === network.configHash) continue
    planned.replaced.add(network.name)
    const freed = connectedTo(observed, network.name).map(container => {
      // One may be on several of them.
      const stop = stops.get(container.id) ?? planStop(builder, container, timeout, `network ${network.name} changed`)
      stops.set(container.id, stop)
      return builder.add({ type: 'disconnect', network: network.name, container }, 'its network changed', [stop])
    })
    const removed = builder.add(
      { type: 'removeNetwork', name: network.name, id: found.id },
      'configuration changed',
      freed,
    )
    const created = builder.add({ type: 'createNetwork', body }, 'configuration changed', [removed])
    planned.nodes.push(created)
    for (const container of connectedTo(observed, network.name)) {
      const service = project.services[container.service]
      const EndpointConfig =
        service && key in service.networks ? endpointSettings(project, service, container.name, key) : undefined
      const operation = {
        type: 'connect',
        network: network.name,
        body: { Container: container.id, EndpointConfig },
      } as const
      planned.reconnected.set(
        container.id,
        builder.add(operation, 'its network changed', [created, planned.reconnected.get(container.id)]),
      )
    }
  }
  return planned
}

function connectedTo(observed: Observed, networkName: string): ObservedContainer[] {
  return observed.containers.filter(({ networks }) => networkName in networks)
}

/** Undefined when it does not run. */
function planStop(
  builder: PlanBuilder,
  container: ObservedContainer,
  timeout: number | undefined,
  cause: string,
): number | undefined {
  if (container.state !== 'running') return undefined
  return builder.add(
    { type: 'stopContainer', container, service: container.service, timeout, hooks: [], idle: false },
    cause,
  )
}

export interface PlannedVolumes {
  nodes: number[]
  /** Ids of containers that are removed for it, which makes them missing. */
  removed: Set<string>
  consents: Consent[]
}

/** A changed volume is made anew only with consent, since its data is lost. */
export function planVolumes(
  project: Project,
  observed: Observed,
  builder: PlanBuilder,
  options: {
    consented: ReadonlySet<string>
    timeout: number | undefined
    warnings: string[]
    reconnected: ReadonlyMap<string, number>
  },
): PlannedVolumes {
  const planned: PlannedVolumes = { nodes: [], removed: new Set(), consents: [] }
  for (const [key, volume] of Object.entries(project.volumes).sort()) {
    const found = observed.volumes.find(({ name }) => name === volume.name)
    if (volume.external) {
      if (found) continue
      throw new ComposeError('not_found', `external volume "${volume.name}" not found`)
    }
    const body = volumeBody(project.name, key, volume)
    if (!found) {
      planned.nodes.push(builder.add({ type: 'createVolume', body }, 'missing'))
      continue
    }
    const owner = found.labels[labels.project]
    if (owner !== project.name) {
      const why = owner === undefined ? 'by Docker Compose' : `for project "${project.name}"`
      options.warnings.push(
        `volume "${volume.name}" already exists but was not created ${why}. Use \`external: true\` to use an existing volume`,
      )
      continue
    }
    const hash = found.labels[labels.configHash]
    if (hash === undefined || hash === volume.configHash) continue
    const id = `volume ${volume.name}`
    if (!options.consented.has(id)) {
      const question = `Volume "${volume.name}" exists but doesn't match configuration in compose file. Recreate (data will be lost)?`
      planned.consents.push({ id, question })
      continue
    }
    const users = observed.containers.filter(
      ({ mounts, id: user }) => mounts.some(({ name }) => name === volume.name) && !planned.removed.has(user),
    )
    const gone = users.map(container => {
      planned.removed.add(container.id)
      const cause = `volume ${volume.name} changed`
      const stop = planStop(builder, container, options.timeout, cause)
      const after = [stop, options.reconnected.get(container.id)]
      return builder.add({ type: 'removeContainer', container, volumes: false }, cause, after)
    })
    const removed = builder.add({ type: 'removeVolume', name: volume.name }, 'configuration changed', gone)
    planned.nodes.push(builder.add({ type: 'createVolume', body }, 'configuration changed', [removed]))
  }
  return planned
}
