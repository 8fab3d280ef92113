// `deploy.update_config.order: start-first`: the new container runs, and is ready, before the old one is stopped. Only
// where both can run at once.
import type { Project } from '../../model/project/project.ts'
import type { Service } from '../../model/project/service.ts'

export const asksForStartFirst = ({ deploy }: Service): boolean => deploy?.updateConfig?.order === 'start-first'

/** What is in the way of it; undefined: nothing. */
export function againstStartFirst(project: Project, { name, ports, networks }: Service): string | undefined {
  const port = ports.find(({ published }) => published !== undefined && published !== '')
  if (port) return `the port ${port.published} can be published by one container at a time`
  const [network] = Object.entries(networks).find(([, at]) => at?.ipv4Address ?? at?.ipv6Address) ?? []
  if (network !== undefined) return `its address in ${network} can be that of one container at a time`
  const follower = Object.values(project.services).find(other => holdsOnTo(other, name))
  return follower && `${follower.name} holds on to its container`
}

/** By id: it has to be made again when the container of that name is the new one. */
function holdsOnTo({ networkMode, ipc, pid, volumesFrom }: Service, name: string): boolean {
  const joined = [networkMode, ipc, pid].some(mode => mode === `service:${name}`)
  return joined || volumesFrom.some(from => from.split(':')[0] === name)
}
