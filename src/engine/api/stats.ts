// What containers use, a sample a second: numbers of the kernel, in Docker's shapes.
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerStatsResponse } from '../../docker/protocol/types.ts'
import { type ContainerRecord, isRunning } from '../containers/record.ts'
import type { Registry } from '../containers/registry.ts'
import { type GroupUsage, groupUsage } from '../kernel/cgroup-usage.ts'
import type { Routes } from './router.ts'

export interface StatsRoutesOptions {
  registry: Registry
  cgroupOf: (record: ContainerRecord) => string
}

/** Milliseconds. */
const interval = 1000

type CpuStats = NonNullable<ContainerStatsResponse['cpu_stats']>
interface Sample {
  read: string
  cpu: CpuStats
}

const nothing: Sample = {
  read: '0001-01-01T00:00:00Z',
  cpu: {
    cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  },
}

export function statsRoutes({ registry, cgroupOf }: StatsRoutesOptions): Routes {
  return {
    'GET /containers/{id}/stats': async ({ parameters, query, signal }) => {
      const record = registry.get(parameters.id ?? '')
      if (query.stream) return { stream: samples(record, signal), contentType: 'application/json' }
      const first = sampleOf(record)
      if (query['one-shot'] || !isRunning(record)) return { json: statsOf(record, first, nothing) }
      // Without a second sample nobody could tell a rate.
      await sleep(interval, undefined, { signal }).catch(() => {})
      return { json: statsOf(record, sampleOf(record), first) }
    },
  }

  /** For as long as there is the container. */
  async function* samples(record: ContainerRecord, signal: AbortSignal): AsyncGenerator<Buffer> {
    let before = nothing
    while (!signal.aborted && registry.find(record.id) === record) {
      const now = sampleOf(record)
      yield Buffer.from(`${JSON.stringify(statsOf(record, now, before))}\n`)
      before = now
      await sleep(interval, undefined, { signal }).catch(() => {})
    }
  }

  function sampleOf(record: ContainerRecord): Sample & { usage?: GroupUsage | undefined } {
    const usage = isRunning(record) ? groupUsage(cgroupOf(record)) : undefined
    if (!usage) return nothing
    const { cpu, throttling } = usage
    return {
      usage,
      read: new Date().toISOString(),
      cpu: {
        cpu_usage: {
          total_usage: cpu.total,
          ...(cpu.perProcessor ? { percpu_usage: cpu.perProcessor } : {}),
          usage_in_kernelmode: cpu.kernel,
          usage_in_usermode: cpu.user,
        },
        ...hostProcessors(),
        throttling_data: throttling,
      },
    }
  }
}

function statsOf(
  record: ContainerRecord,
  { read, cpu, usage }: Sample & { usage?: GroupUsage | undefined },
  before: Sample,
): ContainerStatsResponse {
  const common = { id: record.id, name: `/${record.name}`, read, preread: before.read }
  const cpus = { cpu_stats: cpu, precpu_stats: before.cpu }
  const none = { num_procs: 0, storage_stats: {} }
  if (!usage) return { ...common, ...none, ...cpus, pids_stats: {}, blkio_stats: ioStats([], []), memory_stats: {} }
  const { memory, pids, io } = usage
  return {
    ...common,
    ...none,
    ...cpus,
    pids_stats: { current: pids.current, ...(pids.limit === undefined ? {} : { limit: pids.limit }) },
    blkio_stats: ioStats(io.bytes, io.operations),
    memory_stats: {
      usage: memory.usage,
      ...(memory.max === undefined ? {} : { max_usage: memory.max }),
      stats: memory.stats,
      ...(memory.failures > 0 ? { failcnt: memory.failures } : {}),
      // What is not limited is so by the machine.
      limit: Math.min(memory.limit ?? totalmem(), totalmem()),
    },
    ...networkStats(record),
  }
}

const ioStats = (
  bytes: NonNullable<ContainerStatsResponse['blkio_stats']>['io_service_bytes_recursive'],
  operations: NonNullable<ContainerStatsResponse['blkio_stats']>['io_serviced_recursive'],
) => ({
  io_service_bytes_recursive: bytes,
  io_serviced_recursive: operations,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
})

/** /proc/stat: what all processors have done, in nanoseconds, and how many there are. */
function hostProcessors(): { system_cpu_usage: number; online_cpus: number } {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = (lines[0] ?? '').split(/\s+/).slice(1, 9).map(Number)
  return {
    system_cpu_usage: ticks.reduce((sum, value) => sum + value, 0) * 1e7,
    online_cpus: lines.filter(line => /^cpu\d/.test(line)).length,
  }
}

/** By the interfaces of its network namespace; a container that has the host's has none of its own. */
function networkStats({ namespaces, state }: ContainerRecord): Pick<ContainerStatsResponse, 'networks'> {
  if (namespaces.network.kind === 'host') return {}
  let text: string
  try {
    text = readFileSync(`/proc/${state.pid}/net/dev`, 'utf8')
  } catch {
    return {}
  }
  const networks = text.split('\n').flatMap(line => {
    const [, name = '', rest = ''] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name === '' || name === 'lo') return []
    const [rx_bytes, rx_packets, rx_errors, rx_dropped, , , , , tx_bytes, tx_packets, tx_errors, tx_dropped] = rest
      .split(/\s+/)
      .map(Number)
    return [
      [name, { rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped }] as const,
    ]
  })
  return networks.length > 0 ? { networks: Object.fromEntries(networks) } : {}
}
