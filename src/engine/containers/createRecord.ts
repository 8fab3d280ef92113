// A create request over its image's configuration, as a record. Nothing is made here but volumes.
import { randomBytes } from 'node:crypto'
import { ComposeError } from '../../shared/errors.ts'
import type {
  ContainerConfig,
  ContainerCreateRequest,
  EndpointSettings,
  HealthConfig,
  HostConfig,
  ImageConfig,
} from '../api/types.ts'
import type { Networks } from '../networks/networks.ts'
import type { EndpointRecord } from '../networks/record.ts'
import type { Volumes } from '../volumes/volumes.ts'
import { securityOptions } from './containerSpec.ts'
import { hasCgroup2 } from './kernelSupport.ts'
import { resolveMounts } from './mounts.ts'
import { type ContainerRecord, never } from './record.ts'

export interface CreateContext {
  image: { id: string; config: ImageConfig }
  name: string
  networks: Networks
  volumes: Volumes
  containerNamed: (name: string) => ContainerRecord
  defaultRuntime: string
}

export function createRecord(request: ContainerCreateRequest, context: CreateContext): ContainerRecord {
  const { HostConfig: host = {}, NetworkingConfig, ...wanted } = request
  const { image, networks, volumes, containerNamed } = context
  refuseUnavailable(host)
  const id = randomBytes(32).toString('hex')
  const config = mergeConfig(wanted, image.config, id)
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]
  if (args.length === 0) throw new ComposeError('invalid_argument', 'no command specified')
  const networkMode = normalMode(host.NetworkMode, containerNamed)
  return {
    id,
    name: context.name,
    created: new Date().toISOString(),
    imageRef: config.Image ?? image.id,
    imageId: image.id,
    config,
    hostConfig: {
      ...host,
      NetworkMode: networkMode,
      IpcMode: host.IpcMode || 'private',
      CgroupnsMode: host.CgroupnsMode || (hasCgroup2() && !host.Privileged ? 'private' : 'host'),
      ShmSize: host.ShmSize || 64 * 1024 * 1024,
      LogConfig: host.LogConfig?.Type ? host.LogConfig : { Type: 'json-file', Config: {} },
      RestartPolicy: {
        Name: host.RestartPolicy?.Name || 'no',
        MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
      },
      Runtime: host.Runtime || context.defaultRuntime,
    },
    args,
    endpoints: endpointsOf(networkMode, NetworkingConfig?.EndpointsConfig ?? {}, config, networks),
    mounts: resolveMounts({ hostConfig: host, declared: config.Volumes ?? {}, volumes, containerNamed }),
    state: {
      status: 'created',
      pid: 0,
      startTime: '',
      exitCode: 0,
      oomKilled: false,
      error: '',
      startedAt: never,
      finishedAt: never,
    },
    restartCount: 0,
    stoppedByRequest: false,
    health: undefined,
    dns: undefined,
    published: [],
    runtime: host.Runtime || context.defaultRuntime,
  }
}

/** The rules of Docker Engine: lists and scalars of the request win, environment, labels and ports are joined. */
function mergeConfig(wanted: ContainerConfig, image: ImageConfig, id: string): ContainerConfig {
  const entrypoint = wanted.Entrypoint ?? image.Entrypoint
  // A new entrypoint does away with the image's command, which was written for the old one.
  const command = wanted.Cmd?.length ? wanted.Cmd : wanted.Entrypoint ? wanted.Cmd : image.Cmd
  return {
    ...wanted,
    Hostname: wanted.Hostname || id.slice(0, 12),
    Domainname: wanted.Domainname ?? '',
    User: wanted.User || image.User || '',
    Env: mergeEnvironment(image.Env ?? [], wanted.Env ?? []),
    Cmd: command?.length ? command : undefined,
    Entrypoint: entrypoint?.filter((word, index) => index > 0 || word !== ''),
    WorkingDir: wanted.WorkingDir || image.WorkingDir || '',
    Labels: { ...image.Labels, ...wanted.Labels },
    ExposedPorts: { ...image.ExposedPorts, ...wanted.ExposedPorts },
    Volumes: { ...image.Volumes, ...wanted.Volumes },
    StopSignal: wanted.StopSignal || image.StopSignal,
    Shell: wanted.Shell ?? image.Shell,
    Healthcheck: mergeHealthcheck(wanted.Healthcheck, image.Healthcheck),
  }
}

function mergeEnvironment(base: readonly string[], over: readonly string[]): string[] {
  const names = new Set(over.map(entry => entry.split('=')[0]))
  return [...over, ...base.filter(entry => !names.has(entry.split('=')[0]))]
}

function mergeHealthcheck(wanted: HealthConfig | undefined, image: HealthConfig | undefined): HealthConfig | undefined {
  if (!wanted) return image
  if (!image || wanted.Test?.length) return wanted
  const set = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== 0 && value !== undefined))
  return { ...image, ...set, Test: image.Test }
}

function normalMode(mode: string | undefined, containerNamed: CreateContext['containerNamed']): string {
  if (!mode || mode === 'default') return 'bridge'
  if (mode.startsWith('container:')) return `container:${containerNamed(mode.slice('container:'.length)).id}`
  return mode
}

function endpointsOf(
  mode: string,
  settings: Record<string, EndpointSettings | undefined>,
  config: ContainerConfig,
  networks: Networks,
): EndpointRecord[] {
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:')) return []
  // Clients say `default` for the engine's own network.
  const { default: own, ...named } = settings
  const all: typeof settings = own ? { [mode]: own, ...named } : named
  const names = Object.keys(all)
  // The network of the mode is the first interface, whether or not settings name it.
  const ordered = names.some(name => name === mode || networks.find(name)?.name === mode) ? names : [mode, ...names]
  return ordered.map(name => endpointRecord(networks, name, all[name] ?? {}, config))
}

export function endpointRecord(
  networks: Networks,
  name: string,
  settings: EndpointSettings,
  config: ContainerConfig,
): EndpointRecord {
  const network = networks.get(name)
  return {
    networkId: network.id,
    networkName: network.name,
    aliases: settings.Aliases ?? [],
    requestedAddress: settings.IPAMConfig?.IPv4Address || undefined,
    requestedMac: settings.MacAddress || config.MacAddress || undefined,
    driverOpts: settings.DriverOpts ?? {},
    links: settings.Links ?? [],
    gatewayPriority: settings.GwPriority ?? 0,
    interfaceName: settings.DriverOpts?.['com.docker.network.endpoint.ifname'],
  }
}

/** What is asked for and can't be had on this engine is refused by name before anything is made. */
function refuseUnavailable(host: HostConfig): void {
  securityOptions(host.SecurityOpt ?? [])
  const refused: [string, unknown][] = [
    ['StorageOpt', Object.keys(host.StorageOpt ?? {}).length > 0],
    ['DeviceRequests', (host.DeviceRequests ?? []).length > 0],
    ['UsernsMode', host.UsernsMode && host.UsernsMode !== 'host'],
    ['VolumeDriver', host.VolumeDriver && host.VolumeDriver !== 'local'],
    ['Isolation', host.Isolation && host.Isolation !== 'default'],
  ]
  const found = refused.find(([, asked]) => asked)
  if (found) throw new ComposeError('not_implemented', `${found[0]} is not available on this engine yet`)
  const logging = host.LogConfig?.Type
  if (logging && !['json-file', 'local', 'none'].includes(logging)) {
    throw new ComposeError('not_implemented', `logging driver ${logging} is not available on this engine yet`, {
      hint: 'use json-file, local or none',
    })
  }
}
