// What a recreation that was killed in the middle left of a service: the replacement under a name of its own, with or
// without the container that it was to replace. The next plan finishes it or takes it back.

import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { shortId } from '../../shared/short-id.ts'
import { containerName } from '../observe/names.ts'
import type { ObservedContainer } from '../observe/observe.ts'
import type { PlanBuilder } from './plan.ts'

export interface Settled {
  /** The service's containers under their final names. */
  existing: ObservedContainer[]
  /** By container id: the node after which it has its name. */
  renamed: ReadonlyMap<string, number>
  /** Nodes after which nothing is in the way of a new container. */
  nodes: number[]
}

/** The name that a replacement has until the old container is gone: twelve digits of the old one's id before its own. */
export const replacementName = (oldId: string, name: string): string => `${shortId(oldId)}_${name}`

/** The name that a container has, or will have once its recreation is finished. */
export const finalName = (name: string): string => name.replace(/^[0-9a-f]{12}_/, '')

export function settleInterrupted(
  builder: PlanBuilder,
  project: Project,
  service: Service,
  observed: readonly ObservedContainer[],
): Settled {
  const isReplacement = ({ name, number }: ObservedContainer) =>
    name !== finalName(name) && finalName(name) === containerName(project, service, number)
  const leaving = observed.filter(({ state }) => state === 'removing')
  const staying = observed.filter(({ state }) => state !== 'removing')
  const nodes = leaving.map(container =>
    builder.add({ type: 'removeContainer', container, volumes: false }, 'its removal was interrupted'),
  )
  const existing: ObservedContainer[] = []
  const renamed = new Map<string, number>()
  for (const container of staying) {
    if (!isReplacement(container)) {
      existing.push(container)
    } else if (staying.some(other => other !== container && other.number === container.number)) {
      nodes.push(
        builder.add({ type: 'removeContainer', container, volumes: false }, 'left by an interrupted recreation'),
      )
    } else {
      const name = finalName(container.name)
      const node = builder.add({ type: 'renameContainer', container, name }, 'its recreation was interrupted', nodes)
      existing.push({ ...container, name })
      renamed.set(container.id, node)
    }
  }
  return { existing, renamed, nodes: [...nodes, ...renamed.values()] }
}
