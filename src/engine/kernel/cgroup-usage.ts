// What a control group has used: cgroup-v1 (cpuacct, memory, pids, blkio) and cgroup-v2 of the kernel's
// documentation, under Docker's names.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groupFolders } from './cgroups.ts'

export interface GroupUsage {
  /** Nanoseconds. */
  cpu: { total: number; kernel: number; user: number; perProcessor?: number[] }
  throttling: { periods: number; throttled_periods: number; throttled_time: number }
  /** Bytes; `limit` undefined: there is none. `stats` as the kernel names them, which differs between v1 and v2. */
  memory: {
    usage: number
    max: number | undefined
    limit: number | undefined
    failures: number
    stats: Record<string, number>
  }
  pids: { current: number; limit: number | undefined }
  io: { bytes: IoEntry[]; operations: IoEntry[] }
}

export interface IoEntry {
  major: number
  minor: number
  op: string
  value: number
}

/** Undefined: the group is not there. */
export function groupUsage(path: string): GroupUsage | undefined {
  const folders = groupFolders(path)
  if (folders.length === 0) return undefined
  const text = (file: string): string | undefined => {
    for (const folder of folders) {
      try {
        return readFileSync(join(folder, file), 'utf8').trim()
      } catch {
        // In another hierarchy, or not on this kernel.
      }
    }
    return undefined
  }
  return text('cpuacct.usage') === undefined ? usageOfOne(text) : usageOfHierarchies(text)
}

type Read = (file: string) => string | undefined

function usageOfHierarchies(text: Read): GroupUsage {
  // In ticks of 10 ms; the sum in nanoseconds is exact.
  const ticks = pairs(text('cpuacct.stat'))
  const throttling = pairs(text('cpu.stat'))
  return {
    cpu: {
      total: number(text('cpuacct.usage')),
      kernel: (ticks.system ?? 0) * 1e7,
      user: (ticks.user ?? 0) * 1e7,
      perProcessor: (text('cpuacct.usage_percpu') ?? '').split(/\s+/).filter(Boolean).map(Number),
    },
    throttling: {
      periods: throttling.nr_periods ?? 0,
      throttled_periods: throttling.nr_throttled ?? 0,
      throttled_time: throttling.throttled_time ?? 0,
    },
    memory: {
      usage: number(text('memory.usage_in_bytes')),
      max: number(text('memory.max_usage_in_bytes')),
      limit: limit(text('memory.limit_in_bytes')),
      failures: number(text('memory.failcnt')),
      stats: pairs(text('memory.stat')),
    },
    pids: { current: number(text('pids.current')), limit: limit(text('pids.max')) },
    io: {
      bytes: blkio(text('blkio.throttle.io_service_bytes_recursive') ?? text('blkio.throttle.io_service_bytes')),
      operations: blkio(text('blkio.throttle.io_serviced_recursive') ?? text('blkio.throttle.io_serviced')),
    },
  }
}

function usageOfOne(text: Read): GroupUsage {
  const cpu = pairs(text('cpu.stat'))
  const devices = (text('io.stat') ?? '').split('\n').filter(Boolean)
  const io = (read: string, write: string) =>
    devices.flatMap(line => {
      const [numbers = '', ...values] = line.split(' ')
      const [major = 0, minor = 0] = numbers.split(':').map(Number)
      const known = Object.fromEntries(values.map(value => value.split('=')))
      return [
        { major, minor, op: 'read', value: Number(known[read] ?? 0) },
        { major, minor, op: 'write', value: Number(known[write] ?? 0) },
      ]
    })
  return {
    cpu: {
      total: (cpu.usage_usec ?? 0) * 1000,
      kernel: (cpu.system_usec ?? 0) * 1000,
      user: (cpu.user_usec ?? 0) * 1000,
    },
    throttling: {
      periods: cpu.nr_periods ?? 0,
      throttled_periods: cpu.nr_throttled ?? 0,
      throttled_time: (cpu.throttled_usec ?? 0) * 1000,
    },
    memory: {
      usage: number(text('memory.current')),
      max: undefined,
      limit: limit(text('memory.max')),
      failures: pairs(text('memory.events')).max ?? 0,
      stats: pairs(text('memory.stat')),
    },
    pids: { current: number(text('pids.current')), limit: limit(text('pids.max')) },
    io: { bytes: io('rbytes', 'wbytes'), operations: io('rios', 'wios') },
  }
}

/** All processes of a group and of those below it. */
export function groupProcesses(path: string): number[] {
  const found = new Set<number>()
  const collect = (folder: string) => {
    try {
      for (const line of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n'))
        if (line !== '') found.add(Number(line))
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) collect(join(folder, entry.name))
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const folder of groupFolders(path)) collect(folder)
  return [...found].sort((a, b) => a - b)
}

const number = (text: string | undefined): number => Number(text ?? 0) || 0

/** `max`, and v1's largest number, are no limit. */
function limit(text: string | undefined): number | undefined {
  const value = Number(text)
  return text === undefined || text === 'max' || !(value < 2 ** 62) ? undefined : value
}

function pairs(text = ''): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => {
        const [name = '', value] = line.split(' ')
        return [name, Number(value)]
      }),
  )
}

/** `8:0 Read 4096` for each device; the sum at the end has no device. */
function blkio(text = ''): IoEntry[] {
  return text.split('\n').flatMap(line => {
    const [, major, minor, op = '', value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? []
    return major === undefined
      ? []
      : [{ major: Number(major), minor: Number(minor), op: op.toLowerCase(), value: Number(value) }]
  })
}
