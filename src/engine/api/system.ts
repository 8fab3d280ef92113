// Routes of the engine itself: ping, version, info, events, and what Docker has no word for, under /x/.
import { cpus, hostname, release, totalmem } from 'node:os'
import type { EventMessage } from '../../docker/protocol/types.ts'
import { packageVersion } from '../../shared/version.ts'
import { isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import type { EventBus } from '../events/bus.ts'
import type { Images } from '../images/images.ts'
import { cgroupSupport, hasCgroup2 } from '../kernel/cgroup-support.ts'
import type { Ports } from '../networks/ports.ts'
import { cdiFolders } from '../runtime/cdi.ts'
import { anyOf, type Filters, labelsMatch, parseFilters } from './filters.ts'
import { flag, type Request, type Routes } from './router.ts'
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
        'X-Extensions': 'shutdown,status,logs,ports',
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
          Images: images.all().length,
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
      stream: options.readLog(flag(query, 'follow') ? signal : undefined),
      contentType: 'text/plain; charset=utf-8',
    }),
    'POST /x/shutdown': async request => {
      const { stopContainers = false } = await request.json<{ stopContainers?: boolean }>()
      await options.shutDown({ stopContainers })
      return { status: 204 }
    },
    // Tells who holds ports that a project is about to publish, before anything of it is created.
    'POST /x/ports': async request => {
      const wanted =
        await request.json<{ HostIp?: string; HostPort: number; Protocol?: 'tcp' | 'udp'; Owner?: string }[]>()
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

const eventFilters = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
]

async function* eventStream(events: EventBus, { query, signal }: Request): AsyncGenerator<Buffer> {
  const filters = parseFilters(query.get('filters'), eventFilters)
  const [since, until] = ['since', 'until'].map(name => nanoseconds(query.get(name)))
  const waiting: EventMessage[] =
    since === undefined ? [] : events.recent().filter(({ timeNano = 0 }) => timeNano >= since)
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
  const timer = until === undefined ? undefined : setTimeout(finish, Math.max(0, until / 1e6 - Date.now()))
  try {
    for (;;) {
      for (const event of waiting.splice(0)) {
        if (until !== undefined && (event.timeNano ?? 0) > until) return
        if (eventMatches(event, filters)) yield Buffer.from(`${JSON.stringify(event)}\n`)
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

/** Seconds with a fraction, or a date. */
function nanoseconds(text: string | null): number | undefined {
  if (!text) return undefined
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1e9 : Date.parse(text) * 1e6
}

function eventMatches({ Type = 'container', Action = '', Actor }: EventMessage, filters: Filters): boolean {
  const { ID = '', Attributes = {} } = Actor ?? {}
  const isOne = (kind: string) =>
    anyOf(filters.get(kind), name => Type === kind && (ID.startsWith(name) || Attributes.name === name))
  return (
    anyOf(filters.get('type'), type => Type === type) &&
    // health_status is asked for with and without its value.
    anyOf(filters.get('event'), action => Action === action || Action.startsWith(`${action}:`)) &&
    labelsMatch(Attributes as Record<string, string>, filters.get('label')) &&
    ['container', 'image', 'network', 'volume'].every(isOne)
  )
}
