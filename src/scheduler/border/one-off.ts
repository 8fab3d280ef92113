// The container that `run` makes: the service's, under a name of its own and for once.
import { randomBytes } from 'node:crypto'
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'
import { labels } from '../observe/labels.ts'
import { defaultName } from '../observe/names.ts'
import { containerDraft } from './container-body.ts'
import type { ContainerDraft } from './draft.ts'

export interface OneOff {
  /** With what the command line changes. */
  service: Service
  /** Undefined: one that nobody has. */
  name: string | undefined
  /** The engine removes it when it has ended. */
  autoRemove: boolean
  /** It answers to the service's names, as the service's own containers do. */
  useAliases: boolean
  /** Somebody will write to it, once. */
  interactive: boolean
  /** `source:target[:options]`, beside the service's. */
  binds: readonly string[]
}

export function oneOffDraft(project: Project, { name, ...wanted }: OneOff): ContainerDraft {
  const slug = randomBytes(32).toString('hex')
  const containerName = name ?? defaultName(project, wanted.service.name, 'run', slug.slice(0, 12))
  const service = withChanges(wanted.service, { containerName, scale: 1 })
  delete service.restart
  if (service.deploy) {
    const { restartPolicy: _, ...deploy } = service.deploy
    service.deploy = { ...deploy, replicas: 1 }
  }
  const draft = containerDraft(project, service, 1, undefined, false)
  const { body } = draft
  const { [labels.number]: _, ...own } = body.Labels ?? {}
  const endpoints = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {}).map(([network, endpoint]) => [
    network,
    wanted.useAliases ? endpoint : { ...endpoint, Aliases: [containerName] },
  ])
  return {
    ...draft,
    // It has none: only the containers of `up` are counted.
    number: 0,
    body: {
      ...body,
      AttachStdin: wanted.interactive,
      OpenStdin: wanted.interactive,
      StdinOnce: wanted.interactive,
      Labels: { ...own, [labels.oneOff]: 'True', [labels.slug]: slug },
      HostConfig: {
        ...body.HostConfig,
        AutoRemove: wanted.autoRemove || undefined,
        Binds: [...(body.HostConfig?.Binds ?? []), ...wanted.binds],
      },
      NetworkingConfig: { EndpointsConfig: Object.fromEntries(endpoints) },
    },
  }
}
