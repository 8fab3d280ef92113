// Before anything of a plan is done: are the ports free that its containers will publish? A container that is stopped
// half-way through `up` for want of a port leaves more behind than one that was never made.
import type { Docker } from '../../docker/client/docker.ts'
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { labels } from '../observe/labels.ts'
import type { Plan } from '../plan/plan.ts'
import { sharesAddress } from '../plan/port-order.ts'

export interface WantedPort {
  service: string
  container: string
  hostIp: string
  port: number
  protocol: 'tcp' | 'udp'
}

export type PortKeeper = Pick<Docker, 'hasExtension' | 'extension' | 'getContainer'>

/** Throws when a port is taken or wanted twice. Only our own engine can tell; a Docker Engine is left to find out. */
export async function checkPorts(
  docker: PortKeeper,
  project: Project,
  plan: Plan,
  abortSignal: AbortSignal,
): Promise<void> {
  const wanted = wantedPorts(project, plan)
  if (wanted.length === 0 || !docker.hasExtension('ports')) return
  const problems = [...wantedTwice(wanted), ...(await taken(docker, wanted, freedContainers(plan), abortSignal))]
  if (problems.length === 0) return
  throw new ComposeError('conflict', problems.map(({ text }) => text).join('\n'), {
    hint: [...new Set(problems.map(({ hint }) => hint))].join('\n  '),
  })
}

/** Of the containers that the plan starts; ranges and ports that the engine chooses are not among them. */
function wantedPorts(project: Project, plan: Plan): WantedPort[] {
  return plan.flatMap(({ operation }) => {
    if (operation.type !== 'startContainer') return []
    const service = project.services[operation.service]
    if (!service || !publishes(service)) return []
    return service.ports.flatMap(({ published = '', hostIp = '', protocol = 'tcp' }) => {
      const port = Number(published)
      if (!(port > 0) || (protocol !== 'tcp' && protocol !== 'udp')) return []
      return [{ service: service.name, container: operation.container.name, hostIp, port, protocol }]
    })
  })
}

/** With another network mode than a bridge nothing is published. */
const publishes = ({ networkMode }: Service) => !/^(host|none|service:.*|container:.*)$/.test(networkMode ?? '')

interface Problem {
  text: string
  hint: string
}

function wantedTwice(wanted: readonly WantedPort[]): Problem[] {
  return wanted.flatMap((one, index) => {
    const other = wanted.slice(0, index).find(before => before.container !== one.container && overlap(before, one))
    if (!other) return []
    if (other.service === one.service) {
      return {
        text: `service "${one.service}" has more than one container, and each would publish port ${shown(one)}`,
        hint: `publish a range in services.${one.service}.ports, such as "${one.port}-${one.port + 9}:…", or scale it to 1`,
      }
    }
    return {
      text: `services "${other.service}" and "${one.service}" both publish port ${shown(one)}`,
      hint: `publish another port in services.${one.service}.ports`,
    }
  })
}

function overlap(one: WantedPort, other: WantedPort): boolean {
  return one.port === other.port && one.protocol === other.protocol && sharesAddress(one, other)
}

async function taken(
  docker: PortKeeper,
  wanted: readonly WantedPort[],
  freed: ReadonlySet<string>,
  abortSignal: AbortSignal,
): Promise<Problem[]> {
  const body = wanted.map(({ hostIp, port, protocol }) => ({ HostIp: hostIp, HostPort: port, Protocol: protocol }))
  const held = await docker.extension('ports', { body, abortSignal })
  const problems = held.map(async ({ HostIp, HostPort, Protocol, Holder }) => {
    const container = /^container (.+)$/.exec(Holder)?.[1]
    if (container && freed.has(container)) return []
    const one = wanted.find(
      ({ hostIp, port, protocol }) => hostIp === HostIp && port === HostPort && protocol === Protocol,
    )
    // Its own: another command is stopping it at this moment, or its network was kept for those who share it.
    if (!one || one.container === container) return []
    const owner = container ? await projectOf(docker, container, abortSignal) : undefined
    const stop = owner ? `tsc-compose -p ${owner.project} stop ${owner.service}` : `stop ${container ?? Holder}`
    return [
      {
        text: `service "${one.service}" can't publish port ${shown(one)}: ${Holder} has it`,
        hint: `${stop}, or publish another port in services.${one.service}.ports`,
      },
    ]
  })
  return (await Promise.all(problems)).flat()
}

async function projectOf(docker: PortKeeper, container: string, abortSignal: AbortSignal) {
  const { Config } = await docker.getContainer(container).inspect({ abortSignal })
  const { [labels.project]: project, [labels.service]: service } = Config?.Labels ?? {}
  return project && service ? { project, service } : undefined
}

/** The containers that give their ports back before others start. */
function freedContainers(plan: Plan): Set<string> {
  return new Set(
    plan.flatMap(({ operation }) => {
      if (operation.type === 'recreateContainer') return operation.old.name
      return operation.type === 'stopContainer' || operation.type === 'removeContainer' ? operation.container.name : []
    }),
  )
}

const shown = ({ hostIp, port, protocol }: WantedPort) =>
  `${hostIp ? `${hostIp}:` : ''}${port}${protocol === 'tcp' ? '' : `/${protocol}`}`
