// Containers as the Engine API shows them: inspect, and a line of the list.
import { toWire } from '../../docker/protocol/own-names.ts'
import type {
  ContainerConfig,
  ContainerInspectResponse,
  ContainerSummary,
  EndpointSettings,
  HealthcheckResult,
  HostConfig,
  MountPoint,
  OCIDescriptor,
  Port,
  PortMap,
} from '../../docker/protocol/types.ts'
import { hostFilesOf } from '../containers/files/host-files.ts'
import { logPathOf } from '../containers/logs/attachments.ts'
import { namespaceModes } from '../containers/namespaces.ts'
import { type ContainerRecord, isRunning, type MountRecord, type ProbeResult } from '../containers/record.ts'
import { type ActiveEndpoint, addressOf } from '../networks/record.ts'

export interface ViewContext {
  folder: string
  netns: string
  dnsNames: (networkId: string) => string[]
  execIds: string[]
  /** The image's, as it came. */
  manifest: OCIDescriptor | undefined
}

export function inspectView(record: ContainerRecord, context: ViewContext): ContainerInspectResponse {
  const { state, config, host, health } = record
  const files = hostFilesOf(context.folder)
  const [first] = record.endpoints
  const running = isRunning(record)
  return {
    Id: record.id,
    Created: record.created,
    Path: record.args[0],
    Args: record.args.slice(1),
    State: {
      Status: state.status,
      Running: running,
      Paused: state.status === 'paused',
      Restarting: state.status === 'restarting',
      OOMKilled: state.oomKilled,
      Dead: state.status === 'dead',
      Pid: state.pid,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt,
      FinishedAt: state.finishedAt,
      ...(health
        ? { Health: { Status: health.status, FailingStreak: health.failingStreak, Log: health.log.map(probeView) } }
        : {}),
    },
    Image: record.imageId,
    ...(context.manifest ? { ImageManifestDescriptor: context.manifest } : {}),
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: logPathOf(context.folder),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'overlayfs',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: context.execIds.length > 0 ? context.execIds : null,
    HostConfig: { ...toWire<HostConfig>(host, 'HostConfig'), ...namespaceModes(record.namespaces) },
    GraphDriver: { Name: 'overlayfs', Data: {} },
    Mounts: record.mounts.map(mountPoint),
    Config: toWire<ContainerConfig>(config, 'ContainerConfig'),
    NetworkSettings: {
      SandboxID: running ? record.id : '',
      SandboxKey: running ? context.netns : '',
      Ports: portMap(record),
      EndpointID: first?.active?.id ?? '',
      ...addressViews(first?.active),
      MacAddress: first?.active?.mac ?? '',
      Networks: networksView(record, context.dnsNames),
    },
  }
}

const probeView = ({ start, end, exitCode, output }: ProbeResult): HealthcheckResult => ({
  Start: start,
  End: end,
  ExitCode: exitCode,
  Output: output,
})

/** A line of the list, with one word that Docker Engine has not. */
export interface OwnSummary extends ContainerSummary {
  /** It runs, but is being stopped. */
  Stopping?: boolean
}

export function summaryView(
  record: ContainerRecord,
  {
    dnsNames,
    stopping,
    manifest,
  }: Pick<ViewContext, 'dnsNames'> & Partial<Pick<ViewContext, 'manifest'>> & { stopping: boolean },
  now = Date.now(),
): OwnSummary {
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.imageRef,
    ImageID: record.imageId,
    ...(manifest ? { ImageManifestDescriptor: manifest } : {}),
    // As Docker Engine does: what holds a space is quoted.
    Command: record.args.map((word, index) => (index > 0 && word.includes(' ') ? `'${word}'` : word)).join(' '),
    Created: Math.floor(Date.parse(record.created) / 1000),
    Ports: portList(record),
    Labels: record.config.labels ?? {},
    State: record.state.status,
    Status: statusText(record, now),
    ...(stopping ? { Stopping: true } : {}),
    HostConfig: { NetworkMode: namespaceModes(record.namespaces).NetworkMode },
    NetworkSettings: { Networks: networksView(record, dnsNames) },
    Mounts: record.mounts.map(mountPoint),
  }
}

/** "Up 5 minutes (healthy)", "Exited (0) 3 seconds ago", in Docker's words. */
function statusText({ state, health }: ContainerRecord, now: number): string {
  const since = (time: string) => humanDuration((now - Date.parse(time)) / 1000)
  switch (state.status) {
    case 'running': {
      const mark = health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : ''
      return `Up ${since(state.startedAt)}${mark}`
    }
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`
    case 'exited':
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
    case 'removing':
      return 'Removal In Progress'
    case 'dead':
      return 'Dead'
    case 'created':
      return 'Created'
  }
}

/** The words of go-units: rounded down, the largest unit that fits. */
export function humanDuration(seconds: number): string {
  const whole = Math.floor(seconds)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(seconds / 3600)
  if (whole < 1) return 'Less than a second'
  if (whole === 1) return '1 second'
  if (whole < 60) return `${whole} seconds`
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}

function networksView(
  record: ContainerRecord,
  dnsNames: (networkId: string) => string[],
): Record<string, EndpointSettings> {
  const { namespaces } = record
  if (record.endpoints.length === 0 && namespaces.network.kind !== 'container')
    return { [namespaceModes(namespaces).NetworkMode]: {} }
  return Object.fromEntries(
    record.endpoints.map(
      ({ networkName, networkId, aliases, active, requestedAddresses, driverOpts, gatewayPriority, links }) => [
        networkName,
        {
          IPAMConfig:
            requestedAddresses.length > 0 ? Object.fromEntries(requestedAddresses.map(requestedView)) : undefined,
          Links: links.length > 0 ? links : undefined,
          Aliases: aliases,
          DriverOpts: Object.keys(driverOpts).length > 0 ? driverOpts : null,
          GwPriority: gatewayPriority,
          NetworkID: networkId,
          EndpointID: active?.id ?? '',
          MacAddress: active?.mac ?? '',
          ...addressViews(active),
          DNSNames: dnsNames(networkId),
        },
      ],
    ),
  )
}

const requestedView = (text: string) => [text.includes(':') ? 'IPv6Address' : 'IPv4Address', text] as const

function addressViews(active: ActiveEndpoint | undefined) {
  const [v4, v6] = [addressOf(active, 4), addressOf(active, 6)]
  return {
    Gateway: v4?.gateway ?? '',
    IPAddress: v4?.address ?? '',
    IPPrefixLen: v4?.prefix ?? 0,
    IPv6Gateway: v6?.gateway ?? '',
    GlobalIPv6Address: v6?.address ?? '',
    GlobalIPv6PrefixLen: v6?.prefix ?? 0,
  }
}

function portMap(record: ContainerRecord): PortMap {
  if (!isRunning(record)) return {}
  const map: PortMap = Object.fromEntries(Object.keys(record.config.exposedPorts ?? {}).map(key => [key, null]))
  for (const { key, hostIp, hostPort } of record.published) {
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]
  }
  return map
}

function portList(record: ContainerRecord): Port[] {
  if (!isRunning(record)) return []
  const published = record.published.map(
    ({ key, hostIp, hostPort }): Port => ({ IP: hostIp, ...portOf(key), PublicPort: hostPort }),
  )
  const keys = new Set(record.published.map(({ key }) => key))
  const exposed = Object.keys(record.config.exposedPorts ?? {})
    .filter(key => !keys.has(key))
    .map((key): Port => portOf(key))
  return [...exposed, ...published].sort(
    (a, b) => a.PrivatePort - b.PrivatePort || (a.IP ?? '').localeCompare(b.IP ?? ''),
  )
}

const mountPoint = (mount: MountRecord): MountPoint => ({
  Type: mount.type,
  ...(mount.name ? { Name: mount.name } : {}),
  Source: mount.source,
  Destination: mount.destination,
  ...(mount.type === 'volume' ? { Driver: 'local' } : {}),
  Mode: mount.mode,
  RW: !mount.readOnly,
  Propagation: mount.propagation,
})

/** `80/tcp` as the list shows it. */
function portOf(key: string): Port {
  const [port = '', protocol = 'tcp'] = key.split('/')
  return { PrivatePort: Number(port), Type: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp' }
}
