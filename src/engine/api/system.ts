// Routes of the engine itself: ping, version, info, events, and what Docker has no word for, under /x/.
import { cpus, hostname, release, totalmem } from 'node:os'
import { extensions } from '../../docker/protocol/extensions.ts'
import type { EventMessage } from '../../docker/protocol/types.ts'
import { packageVersion } from '../../shared/version.ts'
import { isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import type { Images } from '../images/images.ts'
import { cgroupSupport, hasCgroup2 } from '../kernel/cgroup-support.ts'
import type { Ports } from '../networks/ports.ts'
import { cdiFolders } from '../runtime/cdi.ts'
import { any, type FilterRow, labels, matcher } from './filters.ts'
import type { Request, Routes } from './router.ts'
import { apiVersion, oldestApiVersion } from './server.ts'

export interface SystemRoutesOptions {
  registry: Registry
  images: Images
  events: EventBus
  ports: Ports
  dataRoot: string
  socketPath: string
  runtimes: readonly string[]
  defaultRuntime: string
  startedAt: Date
  /** Containers that name no profile have the engine's. */
  apparmor: boolean
  engineId: string
  readLog: (follow?: AbortSignal) => AsyncIterable<Uint8Array>
  shutDown: (options: { stopContainers: boolean }) => Promise<void>
}

export function systemRoutes(options: SystemRoutesOptions): Routes {
  const { registry, images, events, ports, dataRoot, socketPath, runtimes, defaultRuntime, startedAt } = options
  return {
    'GET /_ping': () => ({
      text: 'OK',
      headers: {
        'Builder-Version': '1',
        Swarm: 'inactive',
        'Cache-Control': 'no-cache',
        'X-Extensions': Object.keys(extensions).join(','),
      },
    }),

    'GET /version': () => ({
      json: {
        Platform: { Name: 'tsc-compose' },
        Components: [
          {
            Name: 'Engine',
            Version: packageVersion(),
            Details: { ApiVersion: apiVersion, MinAPIVersion: oldestApiVersion, Os: 'linux', Arch: architecture() },
          },
        ],
        Version: packageVersion(),
        ApiVersion: apiVersion,
        MinAPIVersion: oldestApiVersion,
        GitCommit: '',
        GoVersion: '',
        Os: 'linux',
        Arch: architecture(),
        KernelVersion: release(),
        BuildTime: '',
      },
    }),

    'GET /info': () => {
      const all = registry.all()
      const support = cgroupSupport()
      const paused = all.filter(({ state }) => state.status === 'paused').length
      const running = all.filter(isRunning).length - paused
      return {
        json: {
          ID: options.engineId,
          Containers: all.length,
          ContainersRunning: running,
          ContainersPaused: paused,
          ContainersStopped: all.length - running - paused,
          Images: images.listed().length,
          Driver: 'overlayfs',
          DriverStatus: [['driver-type', 'tsc-compose']],
          Plugins: {
            Volume: ['local'],
            Network: ['bridge', 'host', 'null'],
            Authorization: null,
            Log: ['json-file', 'local', 'none'],
          },
          MemoryLimit: support.memoryLimit,
          SwapLimit: support.swapLimit,
          CpuCfsPeriod: support.cpuQuota,
          CpuCfsQuota: support.cpuQuota,
          CPUShares: support.cpuShares,
          CPUSet: support.cpuset,
          PidsLimit: support.pidsLimit,
          IPv4Forwarding: true,
          Debug: false,
          OomKillDisable: support.oomKillDisable,
          LoggingDriver: 'json-file',
          CgroupDriver: 'cgroupfs',
          CDISpecDirs: [...cdiFolders],
          CgroupVersion: hasCgroup2() ? '2' : '1',
          KernelVersion: release(),
          OperatingSystem: 'tsc-compose',
          OSVersion: packageVersion(),
          OSType: 'linux',
          Architecture: process.arch === 'x64' ? 'x86_64' : 'aarch64',
          NCPU: cpus().length,
          MemTotal: totalmem(),
          IndexServerAddress: 'https://index.docker.io/v1/',
          DockerRootDir: dataRoot,
          Name: hostname(),
          Labels: [],
          ServerVersion: packageVersion(),
          Runtimes: Object.fromEntries(runtimes.map(name => [name, { path: name }])),
          DefaultRuntime: defaultRuntime,
          Swarm: {
            LocalNodeState: 'inactive',
            NodeID: '',
            NodeAddr: '',
            ControlAvailable: false,
            Error: '',
            RemoteManagers: null,
          },
          LiveRestoreEnabled: true,
          SecurityOptions: [...(options.apparmor ? ['name=apparmor'] : []), 'name=seccomp,profile=builtin'],
          Warnings: null,
          SystemTime: new Date().toISOString(),
        },
      }
    },

    'GET /events': request => ({ stream: eventStream(events, request), contentType: 'application/json' }),

    // Without it some clients give up at once.
    'GET /plugins': () => ({ json: [] }),

    'GET /x/status': () => ({
      json: {
        version: packageVersion(),
        pid: process.pid,
        startedAt: startedAt.toISOString(),
        dataRoot,
        socket: socketPath,
        runtime: defaultRuntime,
        containers: { total: registry.all().length, running: registry.all().filter(isRunning).length },
        memoryBytes: process.memoryUsage.rss(),
      },
    }),
    'GET /x/logs': ({ query, signal }) => ({
      stream: options.readLog(query.follow ? signal : undefined),
      contentType: 'text/plain; charset=utf-8',
    }),
    'POST /x/shutdown': async request => {
      const { stopContainers = false } = await request.json()
      await options.shutDown({ stopContainers })
      return { status: 204 }
    },
    'POST /x/ports': async request => {
      const wanted = await request.json()
      return {
        json: wanted.flatMap(({ HostIp = '', HostPort, Protocol = 'tcp' }) => {
          const holder = ports.holder({
            hostAddress: HostIp,
            first: HostPort,
            last: HostPort,
            protocol: Protocol,
            port: 0,
          })
          return holder ? [{ HostIp, HostPort, Protocol, Holder: holder }] : []
        }),
      }
    },
  }
}

const architecture = () => (process.arch === 'x64' ? 'amd64' : process.arch)

async function* eventStream(events: EventBus, { query, signal }: Request<'GET /events'>): AsyncGenerator<Buffer> {
  const { since, until } = query
  const admits = matcher(eventFilters, query.filters)
  const momentOf = ({ timeNano = 0 }: EventMessage) => BigInt(timeNano)
  const waiting: EventMessage[] = since === undefined ? [] : events.recent().filter(event => momentOf(event) >= since)
  let wake: (() => void) | undefined
  const stop = events.listen(event => {
    waiting.push(event)
    wake?.()
  })
  const end = new AbortController()
  const finish = () => {
    end.abort()
    wake?.()
  }
  signal.addEventListener('abort', finish)
  const timer =
    until === undefined ? undefined : setTimeout(finish, Math.max(0, Number(until / 1_000_000n) - Date.now()))
  try {
    for (;;) {
      for (const event of waiting.splice(0)) {
        if (until !== undefined && momentOf(event) > until) return
        if (admits(event)) yield Buffer.from(`${JSON.stringify(event)}\n`)
      }
      if (end.signal.aborted) return
      if (waiting.length === 0) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  } finally {
    stop()
    clearTimeout(timer)
    signal.removeEventListener('abort', finish)
  }
}

/** Events of one kind, by id or name. */
const ofKind = (kind: string): FilterRow<EventMessage> =>
  any(
    ({ Type, Actor }, name) =>
      Type === kind && ((Actor?.ID ?? '').startsWith(name) || Actor?.Attributes?.name === name),
  )

const eventFilters = {
  config: ofKind('config'),
  container: ofKind('container'),
  daemon: ofKind('daemon'),
  // health_status is asked for with and without its value.
  event: any(({ Action = '' }, action) => Action === action || Action.startsWith(`${action}:`)),
  image: ofKind('image'),
  label: labels(({ Actor }) => Actor?.Attributes ?? {}),
  network: ofKind('network'),
  node: ofKind('node'),
  plugin: ofKind('plugin'),
  scope: any(({ scope }, wanted) => scope === wanted),
  secret: ofKind('secret'),
  service: ofKind('service'),
  type: any(({ Type }, type) => Type === type),
  volume: ofKind('volume'),
} satisfies Record<string, FilterRow<EventMessage>>
