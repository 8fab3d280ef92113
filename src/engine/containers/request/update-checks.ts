// POST /containers/{id}/update: a container's limits and its restart policy as they are to be, by Docker Engine's rules:
// what is 0 or empty stays as it was.
import { toOwn, toWire } from '../../../docker/protocol/own-names.ts'
import type { HostConfig, RequestBodies } from '../../../docker/protocol/types.ts'
import { ComposeError } from '../../../shared/errors.ts'
import { type CgroupSupport, cgroupSupport } from '../../kernel/cgroup-support.ts'
import type { ContainerRecord, HostSettings } from '../record.ts'
import { checkRestartPolicy } from './request-checks.ts'
import { checkResources } from './resource-checks.ts'

export type UpdateRequest = RequestBodies['POST /containers/{id}/update']

export interface CheckedUpdate {
  host: HostSettings
  /** Those of the limits that change. */
  changed: HostSettings
  warnings: string[]
}

const changeable: readonly string[] = [
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuShares',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
  'PidsLimit',
]

export function checkUpdate(
  { host }: Pick<ContainerRecord, 'host'>,
  { RestartPolicy, ...wanted }: UpdateRequest,
  support: CgroupSupport = cgroupSupport(),
): CheckedUpdate {
  const before = toWire<HostConfig>(host, 'HostConfig')
  const asked = Object.entries(wanted).filter(([, value]) => isSet(value))
  const limits: HostConfig = Object.fromEntries(asked.filter(([name]) => changeable.includes(name)))
  const idle = asked.filter(([name]) => !changeable.includes(name))
  refuseConflicts(before, limits)
  const policy = RestartPolicy?.Name ? { RestartPolicy } : {}
  checkRestartPolicy(policy)
  if (before.AutoRemove && RestartPolicy?.Name && RestartPolicy.Name !== 'no')
    refuse('Restart policy cannot be updated because AutoRemove is enabled for the container')
  const known = new Set(checkResources(before, support).warnings)
  const { hostConfig, warnings } = checkResources({ ...before, ...limits }, support)
  const kept = Object.fromEntries(Object.entries(limits).filter(([name]) => Object.hasOwn(hostConfig, name)))
  return {
    host: toOwn<HostConfig>({ ...hostConfig, ...policy }, 'HostConfig'),
    changed: toOwn<HostConfig>(kept, 'HostConfig'),
    warnings: [
      ...warnings.filter(warning => !known.has(warning)),
      ...idle.map(([name]) => `${name} stays as it was: it can't be changed while the container exists`),
    ],
  }
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== null && value !== 0 && value !== '' && value !== false
}

/** In Docker Engine's sentences. */
function refuseConflicts(before: HostConfig, limits: HostConfig): void {
  const { MemorySwap = 0 } = before
  if (!limits.MemorySwap && MemorySwap > 0 && (limits.Memory ?? 0) > MemorySwap)
    refuse('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time')
  const taken = 'has already been set'
  if (limits.CpuPeriod && before.NanoCpus)
    refuse(`Conflicting options: CPU Period cannot be updated as NanoCPUs ${taken}`)
  if (limits.CpuQuota && before.NanoCpus)
    refuse(`Conflicting options: CPU Quota cannot be updated as NanoCPUs ${taken}`)
  if (limits.NanoCpus && before.CpuPeriod)
    refuse(`Conflicting options: Nano CPUs cannot be updated as CPU Period ${taken}`)
  if (limits.NanoCpus && before.CpuQuota)
    refuse(`Conflicting options: Nano CPUs cannot be updated as CPU Quota ${taken}`)
}

function refuse(message: string): never {
  throw new ComposeError('invalid_argument', message)
}
