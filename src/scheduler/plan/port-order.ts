// Who gives a port of the host up is stopped before who takes it is started.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import type { Observed, ObservedContainer } from '../observe/observe.ts'
import type { Plan } from './plan.ts'

/** Makes starts wait for the ends they need. Those of other services' containers go on beside them. */
export function orderByPorts(project: Project, observed: Observed, plan: Plan): void {
  const gone = new Set(
    plan.flatMap(({ operation }) => (operation.type === 'removeContainer' ? operation.container.id : [])),
  )
  const givers = observed.containers.filter(({ id, ports }) => ports.length > 0 && gone.has(id))
  if (givers.length === 0) return
  const ends = plan.flatMap(({ id, operation }) => {
    if (operation.type !== 'stopContainer') return []
    const container = givers.find(one => one.id === operation.container.id)
    return container ? [{ id, container }] : []
  })
  for (const node of plan) {
    if (node.operation.type !== 'startContainer') continue
    const service = project.services[node.operation.service]
    const before = ends.filter(({ container }) => service && takesPortOf(service, container)).map(({ id }) => id)
    Object.assign(node, { after: [...new Set([...node.after, ...before])].sort((a, b) => a - b) })
  }
}

function takesPortOf({ ports }: Service, container: ObservedContainer): boolean {
  return ports.some(({ published = '', hostIp = '', protocol = 'tcp' }) => {
    const [first = '', last = first] = published.split('-')
    return container.ports.some(
      held =>
        held.protocol === protocol &&
        Number(first) <= held.port &&
        held.port <= Number(last) &&
        sharesAddress(held, { hostIp }),
    )
  })
}

/** Whether a port can't be published on both: no address is every address of the host. */
export function sharesAddress(one: { hostIp: string }, other: { hostIp: string }): boolean {
  const isAny = (address: string) => ['', '0.0.0.0', '::'].includes(address)
  return isAny(one.hostIp) || isAny(other.hostIp) || one.hostIp === other.hostIp
}
