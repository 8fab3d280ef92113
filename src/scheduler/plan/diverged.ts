// Why a container is not what the Compose file asks for any more. The answer is a cause to print, or nothing.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { earlyProbesChanged } from '../border/early-probes.ts'
import { givenLabel } from '../border/given-variables.ts'
import { changedFile, heldFiles, heldLabel } from '../border/held-files.ts'
import { labels } from '../observe/labels.ts'
import { imageOf, networkLeader } from '../observe/names.ts'
import type { Observed, ObservedContainer } from '../observe/observe.ts'

/** `replacedNetworks`: names of networks that this plan makes anew; their containers are connected again, not recreated. */
export function divergence(
  project: Project,
  service: Service,
  container: ObservedContainer,
  observed: Observed,
  replacedNetworks: ReadonlySet<string>,
): string | undefined {
  if (container.configHash !== service.configHash) return 'configuration changed'
  const held = heldLabel(heldFiles(project, service), path => observed.files[path])
  const changed = changedFile(container.labels[labels.files] ?? '', held)
  if (changed) return `${changed} changed`
  const given = givenLabel(project, service)
  if (given !== undefined && given !== (container.labels[labels.given] ?? '')) return 'variables of providers changed'
  const image = observed.images[imageOf(project, service)]
  if (image && container.image !== '' && container.image !== image.id) return 'image changed'
  const leader = networkLeader(service)
  if (image && earlyProbesChanged(service, container.labels, image.labels)) return 'x-early-probes changed'
  if (leader !== undefined) {
    // The engine holds it by id: one that was made anew has another.
    const first = observed.containers.find(({ service: own, number }) => own === leader && number === 1)
    const joined = /^container:(.+)$/.exec(container.networkMode)?.[1]
    if (joined !== undefined && joined !== first?.id && joined !== first?.name)
      return `the container of ${leader} is another`
  }
  for (const key of Object.keys(service.networks)) {
    const name = project.networks[key]?.name
    if (name === undefined || replacedNetworks.has(name)) continue
    const wanted = observed.networks.find(network => network.name === name || network.id === name)
    if (!wanted) return `network ${name} is new`
    const [, connected] = Object.entries(container.networks).find(([own]) => own === name || own === wanted.name) ?? []
    if (connected === undefined) return `not connected to network ${name}`
    // A container that never ran has no ids yet.
    if (connected !== '' && connected !== wanted.id) return `network ${name} was replaced`
  }
  for (const mount of service.volumes) {
    if (mount.type !== 'volume' || !mount.source) continue
    const name = project.volumes[mount.source]?.name
    if (!container.mounts.some(own => own.name === name && own.target === mount.target))
      return `volume ${name} is not mounted`
  }
  return undefined
}
