// A sample of a container's use as docker's table shows it.

import type { ContainerStatsResponse } from '../../docker/protocol/types.ts'
import { shortId } from '../../shared/short-id.ts'
import { memoryText, sizeText } from '../../shared/size-text.ts'

/** A type, not an interface: it is read as a record by templates. */
export type UsageRow = {
  BlockIO: string
  CPUPerc: string
  Container: string
  ID: string
  MemPerc: string
  MemUsage: string
  Name: string
  NetIO: string
  PIDs: string
}

export function usageRow(
  { id, name }: { id: string; name: string },
  stats: ContainerStatsResponse,
  truncate: boolean,
): UsageRow {
  const shown = truncate ? shortId(id) : id
  const used = memoryUsed(stats)
  const limit = stats.memory_stats?.limit ?? 0
  const networks = Object.values((stats.networks ?? {}) as Record<string, { rx_bytes?: number; tx_bytes?: number }>)
  const received = networks.reduce((sum, { rx_bytes = 0 }) => sum + rx_bytes, 0)
  const sent = networks.reduce((sum, { tx_bytes = 0 }) => sum + tx_bytes, 0)
  return {
    BlockIO: `${sizeText(blockBytes(stats, 'read'))} / ${sizeText(blockBytes(stats, 'write'))}`,
    CPUPerc: `${cpuPercent(stats).toFixed(2)}%`,
    Container: shown,
    ID: shown,
    MemPerc: `${(limit > 0 ? (used / limit) * 100 : 0).toFixed(2)}%`,
    MemUsage: `${memoryText(used)} / ${memoryText(limit)}`,
    Name: name,
    NetIO: `${sizeText(received)} / ${sizeText(sent)}`,
    PIDs: String(stats.pids_stats?.current ?? 0),
  }
}

/** Of one processor: two that are busy are 200 %. */
function cpuPercent({ cpu_stats, precpu_stats }: ContainerStatsResponse): number {
  const used = (cpu_stats?.cpu_usage?.total_usage ?? 0) - (precpu_stats?.cpu_usage?.total_usage ?? 0)
  const passed = (cpu_stats?.system_cpu_usage ?? 0) - (precpu_stats?.system_cpu_usage ?? 0)
  const processors = cpu_stats?.online_cpus || cpu_stats?.cpu_usage?.percpu_usage?.length || 1
  return used > 0 && passed > 0 ? (used / passed) * processors * 100 : 0
}

/** Without the cache that the kernel gives up first: under v1 and under v2 of control groups it has two names. */
function memoryUsed({ memory_stats }: ContainerStatsResponse): number {
  const usage = memory_stats?.usage ?? 0
  const cache = memory_stats?.stats?.total_inactive_file ?? memory_stats?.stats?.inactive_file ?? 0
  return cache < usage ? usage - cache : usage
}

function blockBytes({ blkio_stats }: ContainerStatsResponse, op: string): number {
  const entries = blkio_stats?.io_service_bytes_recursive ?? []
  return entries.reduce((sum, entry) => sum + (entry?.op?.toLowerCase() === op ? (entry.value ?? 0) : 0), 0)
}
