// Limits, reservations and devices of a service, from its own keys and from `deploy.resources` alike.

import type { DeviceRequest as ApiDeviceRequest, Resources } from '../../docker/protocol/types.ts'
import type { DeviceRequest } from '../../model/attributes/shapes/deploy.ts'
import type { DeviceMapping } from '../../model/attributes/shapes/storage.ts'
import type { Service } from '../../model/project/service.ts'

export function containerResources(service: Service): Resources {
  const limits = service.deploy?.resources.limits
  const reservations = service.deploy?.resources.reservations
  const cpus = limits?.cpus ?? service.cpus
  const blkio = service.blkioConfig
  return {
    CgroupParent: service.cgroupParent,
    Memory: limits?.memory ?? service.memLimit,
    MemoryReservation: reservations?.memory ?? service.memReservation,
    MemorySwap: service.memswapLimit,
    MemorySwappiness: service.memSwappiness,
    OomKillDisable: service.oomKillDisable,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    CpuCount: service.cpuCount,
    CpuPercent: service.cpuPercent === undefined ? undefined : Math.round(service.cpuPercent * 100),
    CpuPeriod: service.cpuPeriod,
    CpuQuota: service.cpuQuota,
    CpuRealtimePeriod: service.cpuRtPeriod,
    CpuRealtimeRuntime: service.cpuRtRuntime,
    CpuShares: service.cpuShares,
    CpusetCpus: service.cpuset,
    PidsLimit: limits?.pids ?? service.pidsLimit,
    Devices: listed(
      service.devices.filter(device => !isCdi(device)),
      device => ({
        PathOnHost: device.source,
        PathInContainer: device.target ?? device.source,
        CgroupPermissions: device.permissions ?? 'rwm',
      }),
    ),
    DeviceCgroupRules: listed(service.deviceCgroupRules, rule => rule),
    DeviceRequests: listed(
      [
        ...(reservations?.devices ?? []).map(deviceRequest),
        ...service.devices.filter(isCdi).map(cdiRequest),
        ...service.gpus.map(gpu).map(deviceRequest),
      ],
      request => request,
    ),
    Ulimits: listed(Object.entries(service.ulimits), ([name, limit]) => ({
      Name: name,
      Soft: limit.single ?? limit.soft,
      Hard: limit.single ?? limit.hard,
    })),
    BlkioWeight: blkio?.weight,
    BlkioWeightDevice: listed(blkio?.weightDevice ?? [], ({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: listed(blkio?.deviceReadBps ?? [], throttle),
    BlkioDeviceReadIOps: listed(blkio?.deviceReadIops ?? [], throttle),
    BlkioDeviceWriteBps: listed(blkio?.deviceWriteBps ?? [], throttle),
    BlkioDeviceWriteIOps: listed(blkio?.deviceWriteIops ?? [], throttle),
  }
}

function listed<T, U>(items: readonly T[], convert: (item: T) => U): U[] | undefined {
  return items.length > 0 ? items.map(convert) : undefined
}

function throttle({ path, rate }: { path: string; rate: number }) {
  return { Path: path, Rate: rate }
}

/** `vendor/class=name` (Container Device Interface); Docker Compose's expression. */
const cdiName = /^[a-z]([\w.-]*[a-z0-9])?\/[a-z]([\w-]*[a-z0-9])?=[a-z0-9]([\w.:-]*[a-z0-9])?$/i

/** An entry that names a path on both sides is a path, whatever it looks like. */
const isCdi = ({ source = '', target = source }: DeviceMapping): boolean => source === target && cdiName.test(source)

const cdiRequest = ({ source = '' }: DeviceMapping): ApiDeviceRequest => ({ Driver: 'cdi', DeviceIDs: [source] })

/** `gpus` means the capability gpu, whatever else it says. */
function gpu(request: DeviceRequest): DeviceRequest {
  return request.capabilities.includes('gpu') ? request : { ...request, capabilities: [...request.capabilities, 'gpu'] }
}

function deviceRequest(request: DeviceRequest): ApiDeviceRequest {
  return {
    Driver: request.driver,
    Count: request.count ?? (request.deviceIds.length > 0 ? undefined : -1),
    DeviceIDs: listed(request.deviceIds, id => id),
    Capabilities: [request.capabilities],
    Options: request.options,
  }
}
