// `services.<name>.deploy`, `gpus` and `blkio_config`: placement, replicas, limits and reservations.
import type {
  blkioConfig,
  blkioLimit,
  blkioWeight,
  deployment,
  devices,
  genericResources,
} from '../../../../schema/service-deploy.ts'
import { alwaysThere, group, listOf, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
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
import { shownText, texts, word } from './common.ts'
import type { UpdateOrder } from './words.ts'

type Deployment = (typeof deployment)['properties']
type Amounts = Deployment['resources']['properties']

export type DeviceRequest = Shape<typeof makeDeviceRequest>

const makeDeviceRequest = () =>
  group(
    {
      capabilities: texts,
      driver: text,
      /** -1 means all. */
      count: deviceCount,
      deviceIds: texts,
      options: mapping,
    } satisfies RowsOf<typeof devices>,
    { closed: true },
  )

export const makeDeviceRequests = () => listOf(makeDeviceRequest())

/** Durations in nanoseconds. */
const makeUpdateConfig = () =>
  group({
    parallelism: optionalUnsigned,
    delay: duration,
    failureAction: text,
    monitor: duration,
    maxFailureRatio: float32,
    order: word<UpdateOrder>(),
  } satisfies RowsOf<Deployment['update_config']>)

const makeGenericResource = () =>
  group({
    discreteResourceSpec: group({ kind: shownText, value: shown(integer, 0, Number) } satisfies RowsOf<
      (typeof genericResources)['items']['properties']['discrete_resource_spec']
    >),
  } satisfies RowsOf<typeof genericResources>)

/** Limits and reservations alike: `cpus` in cores, `memory` in bytes. */
const makeAmounts = () =>
  group({
    cpus: cores,
    memory: bytes,
    pids: integer,
    devices: makeDeviceRequests(),
    genericResources: listOf(makeGenericResource()),
  } satisfies RowsOf<Amounts['limits']> & RowsOf<Amounts['reservations']>)

/** Durations in nanoseconds. */
const makeRestartPolicy = () =>
  group({
    condition: text,
    delay: optionalDuration,
    maxAttempts: optionalUnsigned,
    window: optionalDuration,
  } satisfies RowsOf<Deployment['restart_policy']>)

const makePlacement = () =>
  group({
    constraints: texts,
    preferences: listOf(group({ spread: text } satisfies RowsOf<Deployment['placement']['properties']['preferences']>)),
    maxReplicasPerNode: unsigned64,
  } satisfies RowsOf<Deployment['placement']>)

export function makeDeploy() {
  const update = makeUpdateConfig()
  const amounts = makeAmounts()
  return group({
    mode: text,
    replicas: optionalInteger,
    labels: mapping,
    updateConfig: update,
    rollbackConfig: update,
    resources: alwaysThere(group({ limits: amounts, reservations: amounts } satisfies RowsOf<Deployment['resources']>)),
    restartPolicy: makeRestartPolicy(),
    placement: alwaysThere(makePlacement()),
    endpointMode: text,
  } satisfies RowsOf<typeof deployment>)
}

const upperCase = { path: 'Path', rate: 'Rate', weight: 'Weight' }

const makeThrottle = () =>
  group({ path: shownText, rate: shown(bytes, 0, String) } satisfies RowsOf<typeof blkioLimit>, {
    otherNames: upperCase,
  })

const makeWeight = () =>
  group({ path: shownText, weight: shown(unsigned16, 0, Number) } satisfies RowsOf<typeof blkioWeight>, {
    otherNames: upperCase,
  })

export function makeBlkio() {
  const throttles = listOf(makeThrottle())
  return group({
    weight: unsigned16,
    weightDevice: listOf(makeWeight()),
    deviceReadBps: throttles,
    deviceReadIops: throttles,
    deviceWriteBps: throttles,
    deviceWriteIops: throttles,
  } satisfies RowsOf<typeof blkioConfig>)
}
