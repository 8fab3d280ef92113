// Border between a service (camelCase) and the Engine API's create body (PascalCase). Mounts, networks and
// resources have files of their own beside this one.

import type { ContainerCreateRequest, HealthConfig, HostConfig, RestartPolicy } from '../../docker/protocol/types.ts'
import type { Project } from '../../model/project/project.ts'
import { replicasOf, type Service } from '../../model/project/service.ts'
import { ComposeError } from '../../shared/errors.ts'
import { packageVersion } from '../../shared/version.ts'
import { formatDependsOn } from '../observe/graph.ts'
import { labels } from '../observe/labels.ts'
import { containerName, firstContainerOf, imageOf } from '../observe/names.ts'
import type { ObservedContainer } from '../observe/observe.ts'
import { containerMounts, injectedFiles } from './container-mounts.ts'
import { attachedNetworks, networkMode, portBindings } from './container-networks.ts'
import { containerResources } from './container-resources.ts'
import type { ContainerDraft } from './draft.ts'
import { earlyProbesLabels } from './early-probes.ts'
import { givenLabel } from './given-variables.ts'
import { heldFiles } from './held-files.ts'

/** `replaced` hands its anonymous volumes down, unless they are to be renewed. */
export function containerDraft(
  project: Project,
  service: Service,
  number: number,
  replaced: ObservedContainer | undefined,
  renewVolumes: boolean,
): ContainerDraft {
  const name = containerName(project, service, number)
  if (service.containerName && replicasOf(service) > 1) {
    throw new ComposeError(
      'invalid_argument',
      `service "${service.name}" has a container_name and can't have more than one container`,
      { hint: `remove container_name from services.${service.name}, or scale it to 1` },
    )
  }
  const { binds, mounts } = containerMounts(project, service, renewVolumes ? undefined : replaced)
  const ports = portBindings(service)
  const body: ContainerCreateRequest = {
    Hostname: service.hostname,
    Domainname: service.domainname,
    User: service.user,
    ExposedPorts: Object.fromEntries(
      [...service.expose.map(withProtocol), ...Object.keys(ports)].map(port => [port, {}]),
    ),
    Tty: service.tty,
    OpenStdin: service.stdinOpen,
    AttachStdout: true,
    AttachStderr: true,
    Env: Object.entries(service.environment).map(([key, value]) => (value === null ? key : `${key}=${value}`)),
    Cmd: service.command ?? undefined,
    Entrypoint: service.entrypoint === null ? undefined : service.entrypoint.length > 0 ? service.entrypoint : [''],
    Image: imageOf(project, service),
    WorkingDir: service.workingDir,
    StopSignal: service.stopSignal,
    StopTimeout: service.stopGracePeriod === undefined ? undefined : Math.ceil(service.stopGracePeriod / 1e9),
    Healthcheck: healthcheck(service),
    MacAddress: service.macAddress,
    Labels: ownLabels(project, service, number, replaced),
    HostConfig: {
      ...hostConfig(project, service),
      ...containerResources(service),
      Binds: binds,
      Mounts: mounts,
      PortBindings: ports,
    },
    NetworkingConfig: { EndpointsConfig: attachedNetworks(project, service, name) },
  }
  return {
    name,
    service: service.name,
    number,
    platform: service.platform,
    image: imageOf(project, service),
    body,
    files: injectedFiles(project, service),
    held: heldFiles(project, service),
  }
}

function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`
}

function hostConfig(project: Project, service: Service): HostConfig {
  const security = service.securityOpt
  const unconfined = security.includes('systempaths=unconfined') || security.includes('systempaths:unconfined')
  return {
    Annotations: empty(service.annotations),
    CapAdd: empty(service.capAdd),
    CapDrop: empty(service.capDrop),
    NetworkMode: networkMode(project, service),
    Init: service.init,
    IpcMode: namespace(project, service.ipc),
    // `cgroup` is checked by the schema: host or private.
    CgroupnsMode: service.cgroup as HostConfig['CgroupnsMode'],
    ReadonlyRootfs: service.readOnly,
    RestartPolicy: restartPolicy(service),
    ShmSize: service.shmSize,
    Sysctls: empty(service.sysctls),
    VolumesFrom: empty(service.volumesFrom.map(from => volumesFrom(project, from))),
    Dns: empty(service.dns),
    DnsOptions: empty(service.dnsOpt),
    DnsSearch: empty(service.dnsSearch),
    ExtraHosts: Object.entries(service.extraHosts).flatMap(([host, addresses]) =>
      addresses.map(address => `${host}:${address}`),
    ),
    SecurityOpt: empty(security.filter(option => !option.startsWith('systempaths'))),
    ...(unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
    StorageOpt: empty(service.storageOpt),
    UsernsMode: service.usernsMode,
    UTSMode: service.uts,
    Privileged: service.privileged,
    PidMode: namespace(project, service.pid),
    Tmpfs: service.tmpfs.length > 0 ? Object.fromEntries(service.tmpfs.map(splitTmpfs)) : undefined,
    // The engine checks it; the document's list is what it would accept.
    Isolation: service.isolation as HostConfig['Isolation'],
    Runtime: service.runtime,
    LogConfig: service.logging
      ? { Type: logDriver(service.logging.driver), Config: service.logging.options }
      : undefined,
    GroupAdd: empty(service.groupAdd),
    OomScoreAdj: service.oomScoreAdj,
  }
}

type LogDriver = NonNullable<HostConfig['LogConfig']>['Type']

/** Drivers are the engine's to know: plugins have names that the document does not list. */
function logDriver(name: string | undefined): LogDriver {
  return name as LogDriver
}

function empty<T extends readonly unknown[] | Record<string, unknown>>(value: T): T | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}

function splitTmpfs(entry: string): [string, string] {
  const at = entry.indexOf(':')
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
}

/** `service:<name>` becomes a container; anything else is the engine's to judge. */
function namespace(project: Project, mode: string | undefined): string | undefined {
  return mode?.startsWith('service:') ? `container:${firstContainerOf(project, mode.slice('service:'.length))}` : mode
}

/** `name[:ro]` or `container:name[:ro]` */
function volumesFrom(project: Project, from: string): string {
  if (from.startsWith('container:')) return from.slice('container:'.length)
  const [name = '', ...mode] = from.split(':')
  return [firstContainerOf(project, name), ...mode].join(':')
}

/** deploy.restart_policy wins. Its condition is any if it names none, and only on-failure counts its tries. */
function restartPolicy({ restart, deploy }: Service): RestartPolicy | undefined {
  const policy = deploy?.restartPolicy
  if (!policy && !restart) return undefined
  const [named = '', retries = 0] = restart?.split(':') ?? []
  const condition = policy ? (policy.condition ?? 'any') : named
  const name = condition === 'none' ? 'no' : condition === 'any' ? 'always' : condition
  const tries = policy ? (policy.maxAttempts ?? 0) : Number(retries)
  // checkEngineValues() lets through what the engine knows.
  return { Name: name as RestartPolicy['Name'], MaximumRetryCount: name === 'on-failure' ? tries : 0 }
}

function healthcheck(service: Service): HealthConfig | undefined {
  const check = service.healthcheck
  if (!check) return undefined
  return {
    Test: check.disable ? ['NONE'] : empty(check.test),
    Interval: check.interval,
    Timeout: check.timeout,
    Retries: check.retries,
    StartPeriod: check.startPeriod,
    StartInterval: check.startInterval,
  }
}

/** The labels of its image and of held files are added when the container is made: both may still change. */
function ownLabels(
  project: Project,
  service: Service,
  number: number,
  replaced: ObservedContainer | undefined,
): Record<string, string> {
  const given = givenLabel(project, service)
  return {
    ...service.labels,
    ...earlyProbesLabels(service),
    ...(given ? { [labels.given]: given } : {}),
    [labels.project]: project.name,
    [labels.service]: service.name,
    [labels.number]: String(number),
    [labels.oneOff]: 'False',
    [labels.configHash]: service.configHash,
    [labels.configFiles]: project.composeFiles.join(','),
    [labels.workingDir]: project.workingDir,
    ...(project.envFiles.length > 0 ? { [labels.environmentFile]: project.envFiles.join(',') } : {}),
    [labels.dependsOn]: formatDependsOn(service.dependsOn),
    [labels.version]: packageVersion(),
    ...(replaced ? { [labels.replace]: replaced.name } : {}),
  }
}
