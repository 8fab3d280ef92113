// A create request over its image's configuration, as a record. Nothing is made here but volumes.
import { randomBytes } from 'node:crypto'
import { type Own, toOwn } from '../../../docker/protocol/own-names.ts'
import type {
  ContainerConfig,
  ContainerCreateRequest,
  EndpointSettings,
  HealthConfig,
  HostConfig,
  ImageConfig,
} from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { hasCgroup2 } from '../../kernel/cgroup-support.ts'
import type { Networks } from '../../networks/networks.ts'
import type { EndpointRecord } from '../../networks/record.ts'
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../runtime/hidden-paths.ts'
import type { Volumes } from '../../volumes/volumes.ts'
import { defaultLogDriver } from '../logs/drivers.ts'
import { type Namespaces, type namespaceModeNames, parseNamespaces } from '../namespaces.ts'
import { type ContainerRecord, type HostSettings, never } from '../record.ts'
import { resolveMounts } from './mounts.ts'
import { securityOptions } from './security-options.ts'

export interface CreateContext {
  image: { id: string; config: ImageConfig }
  name: string
  networks: Networks
  volumes: Volumes
  containerNamed: (name: string) => ContainerRecord
  /** The id of an image. */
  imageNamed: (ref: string) => string
  defaultRuntime: string
}

export function createRecord(request: ContainerCreateRequest, context: CreateContext): ContainerRecord {
  const { HostConfig: host = {}, NetworkingConfig, ...wanted } = request
  const { NetworkMode, IpcMode, PidMode, UTSMode, CgroupnsMode, ...settings } = host
  const { image, networks, volumes, containerNamed, imageNamed } = context
  const id = randomBytes(32).toString('hex')
  const config = mergeConfig(wanted, image.config, id)
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]
  if (args.length === 0) throw new ComposeError('invalid_argument', 'no command specified')
  const namespaces = parseNamespaces({
    NetworkMode,
    IpcMode,
    PidMode,
    UTSMode,
    CgroupnsMode: CgroupnsMode || (hasCgroup2() && !host.Privileged ? 'private' : 'host'),
  })
  const { network } = namespaces
  // Its name may be another's later.
  if (network.kind === 'container') network.container = containerNamed(network.container).id
  return {
    id,
    name: context.name,
    created: new Date().toISOString(),
    imageRef: config.Image ?? image.id,
    imageId: image.id,
    config: toOwn(config, 'ContainerConfig'),
    host: hostSettings({
      ...settings,
      ...hiddenPaths(host),
      // Docker's default: as much swap as memory.
      MemorySwap: host.MemorySwap || (host.Memory ? host.Memory * 2 : 0),
      CapAdd: host.CapAdd?.map(capabilityName).sort(),
      CapDrop: host.CapDrop?.map(capabilityName).sort(),
      SecurityOpt: host.SecurityOpt ?? (sharesHost(host) ? ['label=disable'] : undefined),
      ShmSize: host.ShmSize || 64 * 1024 * 1024,
      LogConfig: { Type: host.LogConfig?.Type || defaultLogDriver, Config: host.LogConfig?.Config ?? {} },
      RestartPolicy: {
        Name: host.RestartPolicy?.Name || 'no',
        MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
      },
      Runtime: host.Runtime || context.defaultRuntime,
    }),
    namespaces,
    args,
    endpoints: endpointsOf(network, NetworkingConfig?.EndpointsConfig ?? {}, config, networks),
    mounts: resolveMounts({ hostConfig: host, declared: config.Volumes ?? {}, volumes, containerNamed, imageNamed }),
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

/** Namespace modes are the record's own values. */
const hostSettings = (settings: Omit<HostConfig, (typeof namespaceModeNames)[number]>): HostSettings =>
  toOwn(settings, 'HostConfig')

/** A security label would only keep such a container from what it was given. */
const sharesHost = ({ Privileged, IpcMode, PidMode }: HostConfig) =>
  Privileged || IpcMode === 'host' || PidMode === 'host'

const capabilityName = (name: string) => {
  const upper = name.toUpperCase()
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`
}

/** `systempaths=unconfined` comes as two empty lists. */
function hiddenPaths({ Privileged, MaskedPaths, ReadonlyPaths, SecurityOpt }: HostConfig) {
  const show = Privileged || securityOptions(SecurityOpt ?? []).showSystemPaths
  return {
    MaskedPaths: MaskedPaths ?? (show ? [] : [...defaultMaskedPaths]),
    ReadonlyPaths: ReadonlyPaths ?? (show ? [] : [...defaultReadonlyPaths]),
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

function endpointsOf(
  network: Namespaces['network'],
  settings: Record<string, EndpointSettings | undefined>,
  config: ContainerConfig,
  networks: Networks,
): EndpointRecord[] {
  if (network.kind !== 'network') return []
  const mode = network.network
  // Clients say `default` for the engine's own network.
  const { default: own, ...named } = settings
  const all: typeof settings = own ? { [mode]: own, ...named } : named
  const names = Object.keys(all)
  // The network of the mode is the first interface, whether or not settings name it.
  const ordered = names.some(name => name === mode || networks.find(name)?.name === mode) ? names : [mode, ...names]
  return ordered.map(name => endpointRecord(networks, name, all[name] ?? {}, { macAddress: config.MacAddress }))
}

export function endpointRecord(
  networks: Networks,
  name: string,
  settings: EndpointSettings,
  config: Pick<Own<ContainerConfig>, 'macAddress'>,
): EndpointRecord {
  // One that is not there yet is missed at the start: docker's CLI takes every "not found" here for its image's.
  const network = networks.find(name)
  return {
    networkId: network?.id ?? '',
    networkName: network?.name ?? name,
    aliases: settings.Aliases ?? [],
    requestedAddresses: [settings.IPAMConfig?.IPv4Address, settings.IPAMConfig?.IPv6Address].flatMap(
      text => text || [],
    ),
    requestedMac: settings.MacAddress || config.macAddress || undefined,
    driverOpts: settings.DriverOpts ?? {},
    links: settings.Links ?? [],
    gatewayPriority: settings.GwPriority ?? 0,
    interfaceName: settings.DriverOpts?.['com.docker.network.endpoint.ifname'],
  }
}
