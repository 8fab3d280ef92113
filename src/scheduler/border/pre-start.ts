// The containers of pre_start: each runs one step to its end before the service's own container starts. They have the
// service's networks, volumes and variables, and neither its ports nor its names.
import type { Hook } from '../../model/attributes/shapes/lifecycle.ts'
import type { Project } from '../../model/project/project.ts'
import { type Service, withChanges } from '../../model/project/service.ts'
import { labels } from '../observe/labels.ts'
import { defaultName } from '../observe/names.ts'
import { containerDraft } from './container-body.ts'
import type { ContainerDraft } from './draft.ts'

/** `number`: of the replica that it is for; undefined: once for the service. */
export function preStartDraft(
  project: Project,
  service: Service,
  hook: Hook,
  index: number,
  number: number | undefined,
): ContainerDraft {
  const replica = number === undefined ? [] : [String(number)]
  const containerName = defaultName(project, service.name, ...replica, 'pre_start', String(index))
  const { workingDir, user, privileged, image } = hook
  const own = withChanges(service, {
    containerName,
    scale: 1,
    // A step without a command is its image's.
    command: hook.command,
    ...(image === undefined ? {} : { image, entrypoint: null }),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    privileged: privileged ?? false,
    environment: { ...service.environment, ...hook.environment },
    ports: [],
    expose: [],
    links: service.links,
    tty: false,
    stdinOpen: false,
    healthcheck: { test: [], disable: true, extensions: {} },
  })
  for (const key of ['restart', 'deploy', 'hostname'] as const) delete own[key]
  const draft = containerDraft(project, own, 1, undefined, false)
  const { [labels.number]: _, [labels.configHash]: __, ...kept } = draft.body.Labels ?? {}
  const endpoints = Object.entries(draft.body.NetworkingConfig?.EndpointsConfig ?? {}).map(
    ([network, { IPAMConfig: ___, MacAddress: ____, ...endpoint }]) => [
      network,
      { ...endpoint, Aliases: [containerName] },
    ],
  )
  return {
    ...draft,
    number: 0,
    body: {
      ...draft.body,
      // Without a hash Docker Compose takes it for none of a service's containers, and so do we.
      Labels: { ...kept, [labels.oneOff]: 'True', [labels.preStart]: String(index) },
      NetworkingConfig: { EndpointsConfig: Object.fromEntries(endpoints) },
    },
  }
}
