// `services.<name>.deploy`, `gpus` and `blkio_config`.

import type { BlkioConfig, ThrottleDevice, WeightDevice } from '../../project/service.ts'
import type {
  Deploy,
  DeviceRequest,
  GenericResource,
  Placement,
  ResourceAmounts,
  Resources,
  RestartPolicy,
  UpdateConfig,
} from '../../project/service-deploy.ts'
import { group, listOf } from '../kinds/collection.ts'
import {
  bytes,
  duration,
  float32,
  integer,
  optionalDuration,
  optionalInteger,
  optionalUnsigned,
  shown,
  text,
  unsigned16,
  unsigned64,
} from '../kinds/scalar.ts'
import { cores, deviceCount, mapping } from '../kinds/special.ts'
import { shownText, texts } from './common.ts'

export function makeDeploy() {
  const update = group<UpdateConfig>({
    parallelism: ['parallelism', optionalUnsigned],
    delay: ['delay', duration],
    failureAction: ['failure_action', text],
    monitor: ['monitor', duration],
    maxFailureRatio: ['max_failure_ratio', float32],
    order: ['order', text],
  })
  const amounts = group<ResourceAmounts>({
    cpus: ['cpus', cores],
    memory: ['memory', bytes],
    pids: ['pids', integer],
    devices: ['devices', makeDeviceRequests()],
    genericResources: [
      'generic_resources',
      listOf(
        group<GenericResource>({
          discreteResourceSpec: [
            'discrete_resource_spec',
            group<NonNullable<GenericResource['discreteResourceSpec']>>({
              kind: ['kind', shownText],
              value: ['value', shown(integer, 0, Number)],
            }),
          ],
        }),
      ),
    ],
  })
  return group<Deploy>({
    mode: ['mode', text],
    replicas: ['replicas', optionalInteger],
    labels: ['labels', mapping],
    updateConfig: ['update_config', update],
    rollbackConfig: ['rollback_config', update],
    resources: [
      'resources',
      group<Resources>({ limits: ['limits', amounts], reservations: ['reservations', amounts] }, { always: true }),
    ],
    restartPolicy: [
      'restart_policy',
      group<RestartPolicy>({
        condition: ['condition', text],
        delay: ['delay', optionalDuration],
        maxAttempts: ['max_attempts', optionalUnsigned],
        window: ['window', optionalDuration],
      }),
    ],
    placement: [
      'placement',
      group<Placement>(
        {
          constraints: ['constraints', texts],
          preferences: ['preferences', listOf(group<Placement['preferences'][number]>({ spread: ['spread', text] }))],
          maxReplicasPerNode: ['max_replicas_per_node', unsigned64],
        },
        { always: true },
      ),
    ],
    endpointMode: ['endpoint_mode', text],
  })
}

export function makeDeviceRequests() {
  return listOf(
    group<DeviceRequest>(
      {
        capabilities: ['capabilities', texts],
        driver: ['driver', text],
        count: ['count', deviceCount],
        deviceIds: ['device_ids', texts],
        options: ['options', mapping],
      },
      { closed: true },
    ),
  )
}

export function makeBlkio() {
  const throttle = listOf(
    group<ThrottleDevice>(
      { path: ['path', shownText, 'Path'], rate: ['rate', shown(bytes, 0, String), 'Rate'] },
      { jsonNames: { path: 'Path', rate: 'Rate' } },
    ),
  )
  return group<BlkioConfig>({
    weight: ['weight', unsigned16],
    weightDevice: [
      'weight_device',
      listOf(
        group<WeightDevice>(
          { path: ['path', shownText, 'Path'], weight: ['weight', shown(unsigned16, 0, Number), 'Weight'] },
          { jsonNames: { path: 'Path', weight: 'Weight' } },
        ),
      ),
    ],
    deviceReadBps: ['device_read_bps', throttle],
    deviceReadIops: ['device_read_iops', throttle],
    deviceWriteBps: ['device_write_bps', throttle],
    deviceWriteIops: ['device_write_iops', throttle],
  })
}
